"""``quantrl events merge``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import CheckpointEvery, headline, info_table, made, steps_bar
from quantrl.errors import ConfigError

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="FILE... DST", help="Event files of one level; then the file to write."),
]


def command(paths: Paths, checkpoint_every: CheckpointEvery = 1 << 16, as_json: options.Json = False) -> None:
    """Join event files by exchange time; the instruments follow each other."""
    if len(paths) < 2:
        raise ConfigError("merge: expected event files and the file to write, got one path")
    from quantrl.data.events import EventFile, merge

    output = Output(as_json)
    *sources, dst = paths
    total = sum(len(EventFile(path, verify=False)) for path in sources)
    with steps_bar("events", dst.name, quiet=as_json, total=total) as tell:
        done = merge(sources, dst, checkpoint_every=checkpoint_every, progress=tell)
    output.say(headline(done.path, done.info), info_table(done.info))
    output.finish(made(done))
