"""Which prices decisions are filled at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from quantrl.backtest.settings import FILLS
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel

_NEEDS = {
    "next_open": ("open",),
    "next_typical": ("high", "low", "close"),
    "next_close": ("close",),
    "close": ("close",),
}


def fill_prices(panel: Panel, fill: str) -> FloatArray:
    """Reference price of every possible fill: before slippage, NaN where nothing can be traded.

    Parameters
    ----------
    panel : Panel
        Bars; instruments it marks as not tradable on a bar get no price there.
    fill : str
        ``next_open``, ``next_typical``, ``next_close`` or ``close``.

    Returns
    -------
    (n_bars, n_instruments) float64

    Raises
    ------
    ConfigError
        Unknown fill, or the panel lacks a column it needs; nothing is substituted.
    """
    price = column_prices(panel.columns, fill)
    tradable = panel.tradable
    return price if tradable.all() else np.where(tradable, price, np.nan)


def column_prices(columns: Mapping[str, FloatArray], fill: str) -> FloatArray:
    """`fill_prices` of bare columns by name."""
    if fill not in FILLS:
        raise ConfigError(f"fill: expected one of {', '.join(FILLS)}, got {fill!r}")
    missing = [name for name in _NEEDS[fill] if name not in columns]
    if missing:
        possible = ", ".join(f for f in FILLS if all(name in columns for name in _NEEDS[f]))
        raise ConfigError(
            f"fill: {fill} needs the column {missing[0]!r}, which the data lacks; possible here: {possible}"
        )
    if fill == "next_typical":
        return (columns["high"] + columns["low"] + columns["close"]) / 3.0
    return columns[_NEEDS[fill][0]]
