"""``quantrl lab ledger``: other pipelines on the rows a contest recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.errors import ConfigError

Pipelines = Annotated[
    str,
    typer.Option(
        "--pipelines",
        metavar="F,F",
        help="TOML files with a table selection, as in a config, or pipeline, with the steps that differ.",
        show_default=False,
    ),
]
Bps = Annotated[
    float, typer.Option("--bps", min=0.0, max=10_000.0, help="Cost of capital that moves, basis points.")
]


def command(
    run: options.RunName,
    pipelines: Pipelines,
    bps: Bps = 10.0,
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Share capital among the agents of RUN by other pipelines, and compare them with the one that ran.

    On paper: agents keep their own accounts and nothing is netted. A pipeline sees what was known at each decision.
    """
    from quantrl.cli.lab import showing
    from quantrl.cli.progress import counter
    from quantrl.runs import open_run
    from quantrl.selection import lab
    from quantrl.selection._past import Past

    output = Output(as_json)
    opened = open_run(run, root=root)
    recorded = Past.of(opened.path).header["pipeline"]
    asked = {}
    for file in (Path(word.strip()) for word in pipelines.split(",") if word.strip()):
        if file.stem in asked:
            raise ConfigError(f"--pipelines: two files are called {file.stem}; give one another name")
        asked[file.stem] = lab.read_pipeline(file, recorded)
    if not asked:
        raise ConfigError("--pipelines: expected at least one file, got none")
    with counter("decisions", quiet=as_json) as tell:
        found = lab.what_if(opened.path, asked, bps=bps, progress=tell)
    output.say(showing.compared(found))
    own = {"bps": bps, "decisions": len(found[0].net), "pipelines": [one.json() for one in found]}
    output.finish(own, run=opened.path)
