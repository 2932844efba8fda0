"""``quantrl events merge``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import CheckpointEvery, headline, info_table, made
from quantrl.errors import ConfigError

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="FILE... DST", help="Event files of one level; then the file to write."),
]


def command(paths: Paths, checkpoint_every: CheckpointEvery = 1 << 16, as_json: options.Json = False) -> None:
    """Join event files by exchange time; the instruments follow each other."""
    if len(paths) < 2:
        raise ConfigError("merge: expected event files and the file to write, got one path")
    from quantrl.data.events import merge

    output = Output(as_json)
    done = merge(paths[:-1], paths[-1], checkpoint_every=checkpoint_every)
    output.say(headline(done.path, done.info), info_table(done.info))
    output.finish(made(done))
