"""``quantrl contest cost``: calls, tokens and money of a run, as recorded or under other prices."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output

PricesFile = Annotated[
    Path | None,
    typer.Option(
        "--prices",
        metavar="F",
        help="TOML list of prices: what the same tokens would cost.",
        show_default=False,
    ),
]


def command(
    run: options.RunName,
    prices: PricesFile = None,
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Show what each agent's answers cost, by task and model."""
    from quantrl.cli.contest import opened
    from quantrl.contest.llm.prices import Prices
    from quantrl.contest.report import cost

    output = Output(as_json)
    tables = opened.tables(run, root)
    found = cost(tables.calls, Prices.read(prices) if prices is not None else None)
    output.say(found.table())
    output.finish(found.json, run=tables.folder)
