"""``quantrl book``: the matching order book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED

if TYPE_CHECKING:
    from rich.table import Table

app = typer.Typer(name="book", help="The matching order book.", no_args_is_help=True)


@app.callback()
def _book() -> None:
    """The matching order book."""


@app.command("conformance")
def conformance(as_json: options.Json = False) -> None:
    """Run every rule of matching, both sides, 2 ladders and 3 id indexes: pass, fail or later (exit 1 on a fail)."""
    from quantrl.backtest import book

    output = Output(as_json)
    rules = book.conformance()
    output.say(_table(rules))
    counts = {status: sum(rule["status"] == status for rule in rules) for status in ("pass", "fail", "later")}
    output.say(", ".join(f"{count} {status}" for status, count in counts.items()))
    for rule in rules:
        if rule["status"] == "fail":
            typer.echo(f"error: {rule['rule']}: {rule['failure']}", err=True)
    output.finish({**counts, "rules": rules}, code=CHECK_FAILED if counts["fail"] else 0)


def _table(rules: list[dict[str, Any]]) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column("rule")
    table.add_column("status")
    table.add_column("cases", justify="right")
    for rule in rules:
        table.add_row(rule["rule"], rule["status"], str(rule["cases"]) if rule["cases"] else "-")
    return table
