"""What a command will ask of models, shown before anything is asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from quantrl.cli.console import Output
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.contest.again import Estimate

Yes = Annotated[bool, typer.Option("--yes", help="Ask models without being told so again.")]


def agree(output: Output, estimates: Sequence[Estimate], *, yes: bool) -> None:
    """Show the estimate.

    Raises
    ------
    ConfigError
        Models will be asked, and ``--yes`` was not given.
    """
    calls, runs = sum(one.calls for one in estimates), sum(one.runs for one in estimates)
    asks = any(one.asks for one in estimates)
    if asks:
        output.say(_table(estimates))
    else:
        output.say(f"{runs} runs, no call, 0 USD: rules answer")
    if asks and not yes:
        money = (
            "unknown"
            if any(one.usd is None for one in estimates)
            else f"{sum(one.usd or 0.0 for one in estimates):.2f}"
        )
        raise ConfigError(f"{calls} calls, {money} USD at most; nothing was asked: give --yes to go on")


def _table(estimates: Sequence[Estimate]) -> Table:
    from rich.table import Table

    table = Table("what", title="to be asked at most, less what is recorded", title_justify="left")
    for name in ("runs", "calls", "USD"):
        table.add_column(name, justify="right")
    for one in estimates:
        table.add_row(
            one.name, str(one.runs), f"{one.calls:,}", "unknown" if one.usd is None else f"{one.usd:.4f}"
        )
    return table
