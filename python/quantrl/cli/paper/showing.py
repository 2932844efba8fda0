"""What the paper commands print of a book: a table for people, exact decimals for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quantrl.units import iso_date, iso_time

if TYPE_CHECKING:
    from rich.console import RenderableType

UNIT = 100_000_000
"""Cash units of one unit of currency."""
_NAMED = 8


def money(units: int, currency: str = "") -> str:
    """Cash units in currency, to the cent."""
    cents = (abs(units) * 100 + UNIT // 2) // UNIT
    text = f"{'-' if units < 0 and cents else ''}{cents // 100:,}.{cents % 100:02d}"
    return f"{text} {currency}".rstrip()


def exact(units: int) -> str:
    """Cash units as a decimal that loses nothing."""
    whole, rest = divmod(abs(units), UNIT)
    return f"{'-' if units < 0 else ''}{whole}.{rest:08d}"


def plain(summary: Mapping[str, Any]) -> dict[str, Any]:
    """A summary's fields for ``--json``: money as exact decimals, times as ISO."""
    named = {
        "time": iso_time(summary["time"]) if summary["time"] else None,
        "funded": {label: exact(units) for label, units in summary["funded"]},
        "positions": dict(summary["positions"]),
    }
    amounts = {name: exact(summary[name]) for name in ("equity", "cash", "treasury")}
    return {**summary, **named, **amounts}


def table(summary: Mapping[str, Any], extra: Mapping[str, str] | None = None) -> RenderableType:
    """State, money and place of a book, one line each."""
    from rich.table import Table
    from rich.text import Text

    currency, equity = summary["currency"], summary["equity"]
    halted = summary["state"] != "ACTIVE"
    shown = Table.grid(padding=(0, 2))
    shown.add_column(style="dim")
    shown.add_column(overflow="fold")
    rows: dict[str, str | Text] = {
        "book": summary["name"],
        "state": Text(state_of(summary), style="bold red" if halted else "bold green"),
        "feed": place(summary),
        **({"session": summary["session"]} if summary["session"] else {}),
        "equity": f"{money(equity, currency)}, of it {money(summary['cash'])} in cash",
        "funded": funded(summary["funded"], summary["treasury"], equity),
        "positions": _list([f"{symbol} {lots:,}" for symbol, lots in summary["positions"]]) or "none",
        "unknown orders": str(summary["unknown"]),
        "journal": f"event {summary['seq']:,}, content {summary['digest'][:16]}",
        **(extra or {}),
    }
    for name, value in rows.items():
        shown.add_row(name, value)
    return shown


def state_of(summary: Mapping[str, Any]) -> str:
    """Trading state, and why where it is not active."""
    state, reason = summary["state"], summary["reason"]
    return state if state == "ACTIVE" else f"{state} ({reason})"


def place(summary: Mapping[str, Any]) -> str:
    """How far the feed is."""
    bar, bars = summary["bar"], summary["bars"]
    if not bar:
        return f"before the first of {bars:,} bars"
    end = ", the last" if bar == bars else ""
    return f"bar {bar:,} of {bars:,}, {iso_date(summary['time'])}{end}"


def funded(rows: Sequence[Sequence[Any]], treasury: int, equity: int) -> str:
    """Agents with capital and what nobody has, the largest agent first, as parts of the book."""
    if not rows:
        return "none: all in treasury"
    largest = sorted(rows, key=lambda row: (-row[1], row[0]))
    parts = [f"{label} {units / max(equity, 1):.0%}" for label, units in largest]
    return f"{_list(parts)}; treasury {treasury / max(equity, 1):.0%}"


def _list(parts: list[str]) -> str:
    more = f" +{len(parts) - _NAMED} more" if len(parts) > _NAMED else ""
    return ", ".join(parts[:_NAMED]) + more
