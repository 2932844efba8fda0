"""From orders in shares to the weights that buy as many, at the prices they were filled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantrl.agents.recorded.reading import Sheet
from quantrl.backtest import fill_prices
from quantrl.errors import ConfigError
from quantrl.selection.timeline import Timeline
from quantrl.typing import FloatArray, IntArray
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.data import Panel

CONVERTED = "share orders, converted to weights at the price they were filled at"
_NOISE = 1e-9


@dataclass(frozen=True, eq=False)
class Converted:
    """What an account without costs does that gives the orders.

    Attributes
    ----------
    time : (B,) int64
        Bar end of each decision, the bar before the fill.
    weights : (B, N) float64
        After the fills of that bar, of equity at their prices.
    cash : (R,) float64
        After each order, in the order of the file.
    """

    time: IntArray
    weights: FloatArray
    cash: FloatArray


def convert(sheet: Sheet, panel: Panel, *, fill: str = "next_open", cash: float = 1_000_000.0) -> Converted:
    """Replay the orders without costs.

    Parameters
    ----------
    sheet : Sheet
    panel : Panel
        Prices the orders were filled at.
    fill : str
        Which of them.
    cash : float
        Before the first order.

    Raises
    ------
    DataError
        A row for a name or a bar the panel does not have, without a price, of shares that are not held, or for more cash
        than there is after the orders of its bar.
    ConfigError
        Cash that is not positive.
    """
    if not 0 < cash < np.inf:
        raise ConfigError(f"recorded: expected cash above 0, got {cash!r}")
    price, delay = fill_prices(panel, fill), Timeline(panel, fill).delay
    bars, names, shares = _bars(sheet, panel), _columns(sheet, panel), sheet.signed()
    start, left = cash, np.empty(len(shares))
    units, decided, weights = np.zeros(panel.n_instruments), [], []
    order = np.argsort(bars, kind="stable")
    for t in np.unique(bars).tolist():
        for row in order[bars[order] == t].tolist():
            if t < delay:
                raise sheet.origin.error(row, "time", "expected a bar before the one that fills the order")
            name, amount = names[row], shares[row]
            if np.isnan(price[t, name]):
                raise sheet.origin.error(row, "symbol", f"has no price on {iso_date(int(panel.time[t]))}")
            units[name] += amount
            cash = left[row] = cash - amount * price[t, name]
            if units[name] < -_NOISE * abs(amount):
                raise sheet.origin.error(
                    row, sheet.shares or "shares", f"{-units[name]:g} more than are held"
                )
        if cash < -_NOISE * start:
            raise sheet.origin.error(row, sheet.shares or "shares", f"leaves cash of {cash:g}")
        value = units * _marks(panel, price, t, delay)
        weights.append(value / (cash + float(value.sum())))
        decided.append(int(panel.time[t - delay]))
    return Converted(
        np.array(decided, dtype=np.int64), np.array(weights).reshape(-1, panel.n_instruments), left
    )


def _marks(panel: Panel, price: FloatArray, t: int, delay: int) -> FloatArray:
    """(N,) fill prices of a bar; where there is none the last close before, 0 where there never was one."""
    marks: FloatArray = price[t].copy()
    close = panel["close"]
    for i in np.flatnonzero(np.isnan(marks)):
        known = close[: t + 1 - delay, i]
        known = known[~np.isnan(known)]
        marks[i] = known[-1] if len(known) else 0.0
    return marks


def _bars(sheet: Sheet, panel: Panel) -> IntArray:
    """Bar of each row: of its date, or the one that ends first at or after its time."""
    bars = np.searchsorted(panel.time, sheet.time, side="left")
    for row, bar in enumerate(bars.tolist()):
        day = iso_date(int(sheet.time[row]))
        if bar >= panel.n_bars or (sheet.by_date and iso_date(int(panel.time[bar])) != day):
            raise sheet.origin.error(row, "time", f"the prices have no bar on {day}")
    return bars.astype(np.int64)


def _columns(sheet: Sheet, panel: Panel) -> list[int]:
    column = {name: i for i, name in enumerate(panel.instruments)}
    names = sheet.names("symbol")
    for row, name in enumerate(names):
        if name not in column:
            raise sheet.origin.error(row, "symbol", f"{name!r} is no instrument of the prices")
    return [column[name] for name in names]
