"""Options that mean the same in every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
ConfigFile = Annotated[
    Path, typer.Argument(metavar="CONFIG", help="TOML file of the run.", show_default=False)
]
RunName = Annotated[
    str, typer.Argument(metavar="RUN", help="Run folder, or its id below --runs.", show_default=False)
]
RunsRoot = Annotated[
    Path, typer.Option("--runs", metavar="DIR", help="Folder of run folders and trials.jsonl.")
]
OutDir = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Run folder to write (default: RUNS/<id>).")
]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, max=1024, help="Threads; results do not depend on it.")
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Replaces the seed of the config.")]
FromDate = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="First date used.", show_default=False)
]
ToDate = Annotated[
    str | None, typer.Option("--to", metavar="DATE", help="Last date used.", show_default=False)
]
NoReport = Annotated[bool, typer.Option("--no-report", help="Leave out report.html.")]
Date = Annotated[
    str | None,
    typer.Option("--date", metavar="DATE", help="The last decision up to this date (default: the newest)."),
]
AsOf = Annotated[
    str | None, typer.Option("--asof", metavar="DATE", help="Decide on this date (default: the newest).")
]
Events = Annotated[
    list[Path] | None,
    typer.Option("--events", metavar="F", help="dqn_statarb: event file; twice for a file a leg."),
]
PairFile = Annotated[
    Path | None, typer.Option("--pair", metavar="F", help="dqn_statarb: pair.json of the events.")
]
