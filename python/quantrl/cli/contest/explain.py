"""``quantrl contest explain``: why these agents, why this capital."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output

Agent = Annotated[
    str | None, typer.Argument(metavar="[AGENT]", help="Label of an agent.", show_default=False)
]
Run = Annotated[
    str, typer.Option("--run", metavar="RUN", help="Run folder, or its id below --runs.", show_default=False)
]


def command(
    run: Run,
    agent: Agent = None,
    date: options.Date = None,
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Explain one decision: who was funded and why not the others, or one agent's score, rank and gates."""
    from quantrl.runs import open_run
    from quantrl.selection import explain

    output = Output(as_json)
    folder = open_run(run, root=root).path
    found = explain(folder, agent, date)
    output.say(found.text.rstrip("\n"))
    output.finish({"explanation": found.json}, run=folder)
