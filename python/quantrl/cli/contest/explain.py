"""``quantrl contest explain``: why these agents, why this capital."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output

if TYPE_CHECKING:
    from quantrl.runs import Run as RunFolder

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
    """Explain one decision: who was funded and why not the others, or one agent's score, rank and gates.

    Of a contest with documents also signals with their evidence, judges, factors with their ratings, and what it cost.
    """
    from quantrl.runs import open_run

    output = Output(as_json)
    opened = open_run(run, root=root)
    text, found = _explained(opened, agent, date)
    output.say(text.rstrip("\n"))
    output.finish({"explanation": found}, run=opened.path)


def _explained(opened: RunFolder, agent: str | None, date: str | None) -> tuple[str, Any]:
    from quantrl.cli.contest.opened import is_trade

    if not is_trade(opened):
        from quantrl.selection import explain

        found = explain(opened.path, agent, date)
        return found.text, found.json
    from quantrl.contest.evaluate.tables import Tables
    from quantrl.contest.report import explain as explain_trade

    why = explain_trade(Tables.read(opened.path), agent, date)
    return why.text, why.json
