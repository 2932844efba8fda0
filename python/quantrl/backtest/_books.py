"""What an account claims and what it was fed, laid out for the audit in plain NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.backtest.bars import Bars
    from quantrl.backtest.record import Fills
    from quantrl.backtest.result import Result


@dataclass(frozen=True, eq=False)
class Books:
    """What the identities are made of; matrices are (T, N), the rest (T,)."""

    fills: Fills
    units: FloatArray
    before: FloatArray
    bought: FloatArray
    mark: FloatArray
    profit: FloatArray
    paid: FloatArray
    charged: FloatArray
    equity: FloatArray
    equity_before: FloatArray
    cash: FloatArray
    cash_before: FloatArray
    initial: float

    @property
    def n_bars(self) -> int:
        return len(self.equity)

    @property
    def invested(self) -> FloatArray:
        return np.asarray((self.units * self.mark).sum(axis=1))

    @staticmethod
    def of(result: Result) -> Books:
        fills, units = result.record.fills, result.record.units
        at = (fills.bar, fills.instrument)
        initial = result.settings.initial_cash
        mark = _marks(result.bars, fills_before_close=result.settings.fill in ("next_open", "next_typical"))
        before = np.vstack([np.zeros((1, units.shape[1])), units[:-1]])
        mark_before = np.vstack([np.zeros((1, units.shape[1])), mark[:-1]])
        profit = before * (mark - mark_before)
        np.add.at(profit, at, fills.units * (mark[at] - fills.price))
        bought, paid, charged = np.zeros(units.shape), np.zeros(len(units)), np.zeros(len(units))
        np.add.at(bought, at, fills.units)
        np.add.at(paid, fills.bar, fills.units * fills.price)
        np.add.at(charged, fills.bar, fills.fee + fills.slippage)
        equity, cash = result.equity, result.cash
        return Books(
            fills=fills,
            units=units,
            before=before,
            bought=bought,
            mark=mark,
            profit=profit,
            paid=paid,
            charged=charged,
            equity=equity,
            equity_before=np.concatenate([[initial], equity[:-1]]),
            cash=cash,
            cash_before=np.concatenate([[initial], cash[:-1]]),
            initial=initial,
        )


def _marks(bars: Bars, *, fills_before_close: bool) -> FloatArray:
    """Last known price (T, N): the close, else the fill price of a bar without a close, else the one before.

    Before the first price it is 0: nothing can be held then, so it multiplies no units.
    """
    known = np.where(np.isnan(bars.close) & fills_before_close, bars.price, bars.close)
    at = np.where(np.isnan(known), 0, np.arange(len(known))[:, None])
    marks = np.take_along_axis(known, np.maximum.accumulate(at, axis=0), axis=0)
    return np.where(np.isnan(marks), 0.0, marks)
