"""What an account claims and what it was fed, laid out for the audit in plain NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantrl.backtest.feed import Feed
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.backtest.bars import Bars
    from quantrl.backtest.record import Fills
    from quantrl.backtest.result import Result
    from quantrl.backtest.settings import Settings
    from quantrl.backtest.terms import Margin, Terms


@dataclass(frozen=True, eq=False)
class Books:
    """What the identities are made of; matrices are (T, N), the rest (T,).

    `before` are the units a bar starts with, after its splits and delistings; `mark` what they are worth at its close;
    `at_fill` and `cash_at_fill` that and the cash at its fill point, before any fill. `payouts` are dividends, `ended` the
    cash for units of delisted names and of an account that is ruined; `due`
    are the dividends, interest and fees of shorts that the inputs give, (3, T).
    """

    fills: Fills
    units: FloatArray
    before: FloatArray
    bought: FloatArray
    mark: FloatArray
    at_fill: FloatArray
    profit: FloatArray
    paid: FloatArray
    charged: FloatArray
    equity: FloatArray
    equity_before: FloatArray
    cash: FloatArray
    cash_before: FloatArray
    cash_at_fill: FloatArray
    due: FloatArray
    payouts: FloatArray
    ended: FloatArray
    initial: float
    ruined_at: int | None

    @property
    def n_bars(self) -> int:
        return len(self.equity)

    @property
    def invested(self) -> FloatArray:
        return np.asarray((self.units * self.mark).sum(axis=1))

    @property
    def settled(self) -> FloatArray:
        """Cash for positions that ended without a fill."""
        return np.asarray(self.ended.sum(axis=1))

    @property
    def carried(self) -> FloatArray:
        """Cash that moves without a trade."""
        return np.asarray(self.due[0] + self.due[1] - self.due[2])

    @staticmethod
    def of(result: Result) -> Books:
        fills, units = result.record.fills, result.record.units
        at = (fills.bar, fills.instrument)
        initial, terms = result.settings.initial_cash, result.settings.terms
        actions = _Actions.of(result.bars, result.settings)
        mark, at_fill = _marks(
            result.bars, actions.split, early=result.settings.fill in ("next_open", "next_typical")
        )
        held, mark_before = _shifted(units), _shifted(mark)
        entitled = held * actions.split
        before = np.where(np.isnan(actions.delisted), entitled, 0.0)
        left = np.where(np.isnan(actions.delisted), 0.0, entitled * np.nan_to_num(actions.delisted))
        profit = before * mark + left - held * mark_before
        np.add.at(profit, at, fills.units * (mark[at] - fills.price))
        bought, paid, charged = np.zeros(units.shape), np.zeros(len(units)), np.zeros(len(units))
        np.add.at(bought, at, fills.units)
        np.add.at(paid, fills.bar, fills.units * fills.price)
        np.add.at(charged, fills.bar, fills.fee + fills.slippage)
        equity, cash = result.equity, result.cash
        cash_before = np.concatenate([[initial], cash[:-1]])
        payouts, lost = entitled * actions.dividend, result.ruined_at
        due = _due(terms, actions.years, payouts, held * mark_before, cash_before)
        cash_at_fill = cash_before + due[0] + due[1] - due[2] + left.sum(axis=1)
        if lost is not None:
            due[:, lost + 1 :] = 0.0
            left[lost] += (before[lost] + bought[lost]) * mark[lost]
        return Books(
            fills=fills,
            units=units,
            before=before,
            bought=bought,
            mark=mark,
            at_fill=at_fill,
            profit=profit,
            paid=paid,
            charged=charged,
            equity=equity,
            equity_before=np.concatenate([[initial], equity[:-1]]),
            cash=cash,
            cash_before=cash_before,
            cash_at_fill=cash_at_fill,
            due=due,
            payouts=payouts,
            ended=left,
            initial=initial,
            ruined_at=lost,
        )

    def calls(self, margin: Margin | None) -> tuple[IntArray, int]:
        """For each bar that margin call's bar which closes everything on it, else -1; and the first bar without trading."""
        made, halted = np.full(self.n_bars + 1, -1), self.n_bars + 1
        if margin is None:
            return made[:-1], halted
        gross = np.abs(self.units * self.mark).sum(axis=1)
        called = (self.equity > 0.0) & (self.equity < margin.maintenance * gross)
        for t in np.flatnonzero(called):
            if t + 1 > halted:
                break
            made[t + 1] = t
            if margin.on_call == "halt":
                halted = int(t) + 2
        return made[:-1], halted


@dataclass(frozen=True, eq=False)
class _Actions:
    """Actions (T, N) with 1 and 0 for none, NaN for a name that is not delisted; `years` (T,)."""

    split: FloatArray
    dividend: FloatArray
    delisted: FloatArray
    years: FloatArray

    @staticmethod
    def of(bars: Bars, settings: Settings) -> _Actions:
        feed, shape = Feed.of(bars, settings), bars.shape

        def filled(column: FloatArray | None, nothing: float) -> FloatArray:
            return np.full(shape, nothing) if column is None else np.where(np.isnan(column), nothing, column)

        return _Actions(
            filled(feed.split, 1.0), filled(feed.dividend, 0.0), filled(feed.delisted, np.nan), feed.years
        )


def _due(
    terms: Terms, years: FloatArray, payouts: FloatArray, value: FloatArray, cash: FloatArray
) -> FloatArray:
    """(3, T): dividends, interest, fees of shorts; `value` and `cash` are those of the close before."""
    short = np.maximum(-value, 0.0)
    free = np.maximum(cash - short.sum(axis=1), 0.0)
    interest = terms.lend * free - terms.borrow * np.maximum(-cash, 0.0)
    fees = (short * terms.short_fees(short.shape)).sum(axis=1)
    return np.stack([payouts.sum(axis=1), interest * years, fees * years])


def _shifted(column: FloatArray) -> FloatArray:
    return np.vstack([np.zeros((1, column.shape[1])), column[:-1]])


def _marks(bars: Bars, split: FloatArray, *, early: bool) -> tuple[FloatArray, FloatArray]:
    """Last known price (T, N) at the close and at the fill point: the close, else the fill price of a bar without a close,
    else the one before, divided by the bar's split.

    Before the first price it is 0: nothing can be held then, so it multiplies no units.
    """
    marks, fills = np.zeros(bars.shape), np.zeros(bars.shape)
    last = np.zeros(bars.shape[1])
    for t in range(bars.shape[0]):
        first = bars.price[t] if early else bars.close[t]
        fills[t] = np.where(np.isnan(first), last / split[t], first)
        last = marks[t] = np.where(np.isnan(bars.close[t]), fills[t], bars.close[t])
    return marks, fills
