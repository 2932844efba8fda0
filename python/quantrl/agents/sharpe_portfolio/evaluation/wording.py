"""Figures as text: the only place where the results page rounds a number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BLANK = "–"

MEANINGS = {
    "static_val": "Mean validation weights, held",
    "static_test": "Mean test weights, held (favours the control)",
    "frozen": "First observation for ever",
    "shuffled": "Market shown in another order, blocks of 21 bars",
    "noise": "Mean action plus noise of the same spread",
    "corners": "Static portfolios",
}
REASONS = {
    "behind_without_costs": "none: behind without costs",
    "ahead_at_most": "none up to 1,000 bp",
    "undefined": "undefined",
}


def ratio(value: float | None) -> str:
    """A Sharpe ratio, or a difference of two."""
    return BLANK if value is None else _plain(f"{value:.2f}")


def percent(value: float | None) -> str:
    """A fraction as a percentage."""
    return BLANK if value is None else _plain(f"{100 * value:.1f}") + " %"


def p_value(value: float | None) -> str:
    """A probability, or a p-value."""
    return BLANK if value is None else f"{value:.3f}"


def amount(value: float | None) -> str:
    """Basis points, turnover, a number of bars."""
    return BLANK if value is None else f"{value:,.1f}"


def between(low: float | None, high: float | None) -> str:
    """An interval."""
    return BLANK if low is None or high is None else f"[{ratio(low)}, {ratio(high)}]"


def costs(env: Mapping[str, Any]) -> str:
    """What trading cost in the environment."""
    sides = [(name, env[name]) for name in ("buy_bps", "sell_bps") if env.get(name) is not None]
    if sides:
        return ", ".join(f"{name.removesuffix('_bps')} {_rate(rate)}" for name, rate in sides)
    return f"{_rate(env['cost_bps'])} a side"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, first column to the left."""
    rules = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rules, *rows))


def _plain(text: str) -> str:
    """Zero has no sign."""
    return text.removeprefix("-") if not text.strip("-0.") else text


def _rate(rate: Any) -> str:
    return f"{', '.join(f'{one:g}' for one in rate)} bp by name" if isinstance(rate, list) else f"{rate:g} bp"
