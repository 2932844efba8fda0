"""``quantrl contest board``: the leaderboard of a run, at its end or on a past date, derived again if asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.runs import Run

Verify = Annotated[
    bool, typer.Option("--verify", help="Derive every decision again from the ledger; exit 1 if one differs.")
]


def command(
    run: options.RunName,
    verify: Verify = False,
    date: options.Date = None,
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Show whom to trust: place, state, capital, net Sharpe with its interval, chance to be among the best.

    With --date it is the ranking of that day, from what had matured by then. A contest with documents is verified by
    `quantrl contest replay`.
    """
    from quantrl.cli.contest.opened import is_trade
    from quantrl.runs import open_run

    output = Output(as_json)
    opened = open_run(run, root=root)
    if is_trade(opened):
        _trade(opened, output, verify=verify, date=date)
        return
    verified = _verify(opened.path) if verify else None
    own: dict[str, Any] = {"verified": verified}
    if date is None:
        from quantrl.cli.contest import showing

        report = opened.json("report.json")
        own["leaderboard"] = report["leaderboard"]
        output.say(showing.board(report, output.console.width))
    else:
        own |= _past(opened.path, date)
        output.say(_past_table(own))
    if verified is not None:
        output.say(f"verified: {verified} decisions follow from the ledger")
    output.finish(own, run=opened.path)


def _trade(opened: Run, output: Output, *, verify: bool, date: str | None) -> None:
    """The same of a contest with documents.

    Raises
    ------
    ConfigError
        It is to be verified: that takes its data and its record.
    """
    from quantrl.cli.contest import showing
    from quantrl.contest.evaluate.tables import Tables
    from quantrl.contest.report import explain
    from quantrl.errors import ConfigError

    if verify:
        raise ConfigError("--verify: a contest with documents is verified by 'quantrl contest replay'")
    if date is None:
        report = opened.json("report.json")
        output.say(showing.board(report, output.console.width))
        output.finish({"verified": None, "leaderboard": report["leaderboard"]}, run=opened.path)
        return
    found = explain(Tables.read(opened.path), None, date)
    output.say(found.text.rstrip("\n"))
    own = {"verified": None, "date": found.json["date"], "leaderboard": found.json["agents"]}
    output.finish(own, run=opened.path)


def _verify(folder: Path) -> int:
    """Number of decisions derived again.

    Raises
    ------
    AuditError
        One of them does not follow from the ledger, or the chain is broken.
    """
    from quantrl.selection import check

    found = check(folder)
    found.raise_if_broken()
    return found.lines


def _past(folder: Path, date: str) -> dict[str, Any]:
    from quantrl.selection import explain

    found = explain(folder, None, date).json
    return {"date": found["date"], "leaderboard": found["agents"]}


def _past_table(own: dict[str, Any]) -> Table:
    from rich.table import Table

    from quantrl.cli.wording import number, percent

    table = Table(title=f"ranking on {own['date']}", title_justify="left")
    for name in ("#", "agent", "state", "capital", "scale", "key", "P(top K)", "why not"):
        table.add_column(name, justify="left" if name in ("agent", "state", "why not") else "right")
    for row in own["leaderboard"]:
        numbers = (
            percent(row["capital"]),
            number(row["scale"]),
            number(row["key"], 3),
            percent(row["p_top_k"], 0),
        )
        table.add_row(str(row["pos"]), row["agent"], row["state"], *numbers, "; ".join(row["why"]))
    return table
