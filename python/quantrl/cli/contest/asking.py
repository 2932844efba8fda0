"""What a command will ask of models, shown before anything is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from quantrl.cli.console import Output
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.contest.ablate import Estimate

Yes = Annotated[bool, typer.Option("--yes", help="Ask models, and spend, without being told so again.")]


def agree(output: Output, found: Estimate, *, yes: bool) -> None:
    """Show the estimate.

    Raises
    ------
    ConfigError
        It is above nothing, and ``--yes`` was not given.
    """
    if found.calls:
        output.say(_table(found))
    else:
        output.say("no model will be asked, 0 USD: rules answer")
    if not found.free and not yes:
        raise ConfigError(
            f"{found.calls:,} calls, {_usd(found.usd)} USD: nothing was asked; give --yes to go on"
        )


def _table(found: Estimate) -> Table:
    from rich.table import Table

    table = Table(
        title="to be asked at most, without what is recorded", title_justify="left", show_footer=True
    )
    table.add_column("for", "in all")
    table.add_column("calls", f"{found.calls:,}", justify="right")
    table.add_column("USD", _usd(found.usd), justify="right")
    for name, (calls, usd) in found.by_variant.items():
        table.add_row(name, f"{calls:,}", _usd(usd))
    return table


def _usd(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"
