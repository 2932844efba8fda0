"""An evaluation on recorded books as a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table


def rows(results: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Policies, then what they are compared with."""
    for row in results["seeds"]:
        yield f"seed {row['seed']}", row
    if results["deployed"] is not None:
        yield "mean of seeds", results["deployed"]
    for row in results["baselines"]:
        yield row["name"], row


def cells(row: Mapping[str, Any]) -> list[str]:
    """Net with its interval, gross, share of costs, turnover, legged share, Sharpe ratio with its interval."""
    share, sharpe = row["cost_share"], row["sharpe"]
    return [
        f"{row['net']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})",
        f"{row['gross']:+.3f}",
        "" if share is None else f"{share:.0%}",
        f"{row['turnover']:.1f}",
        f"{row['legged_share']:.2%}",
        "" if sharpe is None else f"{sharpe:+.2f}{_bounds(row)}",
    ]


def _bounds(row: Mapping[str, Any]) -> str:
    low, high = row["sharpe_low"], row["sharpe_high"]
    return "" if low is None or high is None else f" ({low:+.2f} to {high:+.2f})"


HEAD = ("policy", "net U/h (95 %)", "gross U/h", "costs", "turns/h", "legged", "Sharpe of hours (95 %)")


def table(results: Mapping[str, Any]) -> Table:
    """What each earned per hour of the test part."""
    pair = results["pair"]
    books, said = (
        ("recorded books", "mechanics only: ") if pair["venue"] == "replay" else ("simulated order flow", "")
    )
    title = f"{results['run']}: {books}, a decision every {pair['dt']:g} s"
    caption = (
        f"{said}{results['hours']:.2f} hours of one path, {results['decisions']} decisions; intervals by "
        f"blocks of {results['block']}; costs as a share of gross"
    )
    found = Table(title=title, caption=caption, title_justify="left", caption_justify="left")
    for name in HEAD:
        found.add_column(name, justify="left" if name == "policy" else "right", no_wrap=True)
    for name, row in rows(results):
        found.add_row(name, *cells(row))
    return found
