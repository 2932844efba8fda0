"""The accounting identities: each gives a residual per bar that is zero in sound books. Plain NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl.backtest._books import Books
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.backtest.bars import Bars
    from quantrl.backtest.result import Result

IDENTITIES = {
    "fill_point": "a fill happens at the fill point of a decision that asked for it",
    "fill_price": "a fill is at the configured price, inside the bar's range",
    "fill_cost": "an order pays what the costs say, and a bar's cost and traded value are those of its fills",
    "unit_roll": "units change by fills, splits and delistings and by nothing else",
    "carry": "dividends, interest and fees of shorts are those of the inputs",
    "cash_roll": "cash changes by what fills paid and cost, by carry and delistings, and by nothing else",
    "equity_sum": "equity is cash plus units at the last known price",
    "equity_change": "equity changes by price moves, carry, fees and slippage and by nothing else",
    "limits": "no debt or shorts in cash, no trade on margin beyond max_gross, no order beyond its limits, the gross is "
    "that of positions",
    "attribution": "profit by name less costs is the equity gained",
}
"""Every identity, in the order of cause: the first one broken on a bar is the one to look at."""


def residuals(books: Books, result: Result) -> dict[str, FloatArray]:
    """Residual (T,) of every identity in `IDENTITIES`.

    In currency, but for ``fill_point`` (bars) and ``fill_price`` (price).
    """
    return {
        "fill_point": fill_point(books, result),
        "fill_price": fill_price(books, result.bars),
        "fill_cost": fill_cost(books, result),
        "unit_roll": unit_roll(books),
        "carry": carry(books, result),
        "cash_roll": books.cash
        - books.cash_before
        + books.paid
        + books.charged
        - books.carried
        - books.settled,
        "equity_sum": books.equity - books.cash - books.invested,
        "equity_change": books.equity
        - books.equity_before
        - books.profit.sum(axis=1)
        - books.carried
        + books.charged,
        "limits": np.maximum(limits(books, result), order_limits(books, result)),
        "attribution": attribution(books),
    }


def fill_point(books: Books, result: Result) -> FloatArray:
    """Bars by which the worst fill of each bar missed its fill point; 1 for a fill nothing asked for.

    A margin call asks for everything on the bar after it, and nothing else is filled there; later, if it ends trading.
    """
    fills, decided = books.fills, result.schedule.dense(books.n_bars)
    calls, halted = books.calls(result.settings.terms.margin)
    call = calls[fills.bar]
    delay = np.where(call >= 0, 1, result.settings.delay)
    off = np.abs(fills.bar - fills.decided - delay).astype(np.float64)
    real = (fills.decided >= 0) & (fills.decided < books.n_bars)
    asked = np.zeros(off.shape, dtype=bool)
    asked[real] = ~np.isnan(decided[fills.decided[real], fills.instrument[real]])
    asked = np.where(call >= 0, fills.decided == call, asked) & (fills.bar < halted)
    return _worst_per_bar(books, fills.bar, np.where(asked, off, np.maximum(off, 1.0)))


def fill_price(books: Books, bars: Bars) -> FloatArray:
    """Distance of the worst fill of each bar from the configured price, or outside [low, high]."""
    fills = books.fills
    at = (fills.bar, fills.instrument)
    off = np.abs(fills.price - bars.price[at])
    off = np.where(np.isnan(off), np.inf, off)
    if bars.low is not None and bars.high is not None:
        # (high + low + close) / 3 may leave a bar without a range by its last bit.
        noise = 4.0 * np.spacing(fills.price)
        outside = np.fmax(bars.low[at] - fills.price, fills.price - bars.high[at])
        off = np.fmax(off, np.where(outside > noise, outside, 0.0))
    return _worst_per_bar(books, fills.bar, off)


def fill_cost(books: Books, result: Result) -> FloatArray:
    """Distance of the fees and slippage from the costs asked for, and of the bar's sums from its fills."""
    fills = books.fills
    due, slipped = _costs_due(books, result)
    off = np.abs(fills.fee + fills.slippage - due) + np.abs(fills.slippage - slipped)
    traded, wrong = np.zeros(books.n_bars), np.zeros(books.n_bars)
    np.add.at(traded, fills.bar, np.abs(fills.units * fills.price))
    np.add.at(wrong, fills.bar, off)
    return wrong + np.abs(result.cost - books.charged) + np.abs(result.traded - traded)


def _costs_due(books: Books, result: Result) -> tuple[FloatArray, FloatArray]:
    """Whole cost and slippage of every fill, from the settings."""
    fills, costs = books.fills, result.settings.costs
    value = fills.units * fills.price
    if result.settings.sizing == "first_order":
        value = _value_at_equity(books, result)
    size = np.abs(value)
    slippage = costs.slippage_by_bar(books.units.shape)[fills.bar, fills.instrument] * 1e-4
    buy = (1.0 + slippage) * (1.0 + costs.buy * 1e-4) - 1.0
    sell = 1.0 - (1.0 - slippage) * (1.0 - costs.sell * 1e-4)
    due = np.maximum(costs.minimum, costs.fixed + np.where(value >= 0.0, buy, sell) * size)
    return due, slippage * size


def _value_at_equity(books: Books, result: Result) -> FloatArray:
    """First-order sizing charges the order that the whole equity would have asked for; what a margin call closes, itself."""
    fills, terms = books.fills, result.settings.terms
    # A faulty fill may claim a decision that does not exist; `fill_point` says so.
    decided = np.clip(fills.decided, 0, books.n_bars - 1)
    weight = result.schedule.dense(books.n_bars)[decided, fills.instrument]
    weight = np.where(books.calls(terms.margin)[0][fills.bar] >= 0, 0.0, weight)
    equity = books.cash_at_fill + (books.before * books.at_fill).sum(axis=1)
    held = books.before[fills.bar, fills.instrument] * fills.price
    value = np.where(np.isnan(weight), 0.0, weight * equity[fills.bar] - held)
    most = volume_cap(books, result)[fills.bar, fills.instrument] * fills.price
    return np.asarray(np.clip(value, -most, most))


def volume_cap(books: Books, result: Result) -> FloatArray:
    """(T, N) largest order in units: the share of the bar's volume, in whole lots."""
    share, panel = result.settings.terms.participation, result.bars.panel
    if np.isinf(share) or panel is None:
        return np.full(books.units.shape, np.inf)
    most = share * np.nan_to_num(panel["volume"])
    lot = np.broadcast_to(np.asarray(result.settings.lot, dtype=np.float64), most.shape)
    return np.where(lot > 0.0, np.floor(most / np.where(lot > 0.0, lot, 1.0) + 1e-9) * lot, most)


def order_limits(books: Books, result: Result) -> FloatArray:
    """Value beyond the volume cap or the turnover, on a blocked side, or that is no whole lot: the worst on each bar."""
    fills, terms = books.fills, result.settings.terms
    value = np.abs(fills.units * fills.price)
    at = (fills.bar, fills.instrument)
    worst = _worst_per_bar(books, fills.bar, value - volume_cap(books, result)[at] * fills.price)
    if terms.price_limits and result.bars.panel is not None:
        panel = result.bars.panel
        allowed = np.where(fills.units > 0.0, panel.can_buy[at], panel.can_sell[at])
        worst = np.maximum(worst, _worst_per_bar(books, fills.bar, np.where(allowed, 0.0, value)))
    lot = np.broadcast_to(np.asarray(result.settings.lot, dtype=np.float64), books.units.shape)[at]
    size = np.where(lot > 0.0, lot, 1.0)
    before, after = books.before[at] / size, (books.before + books.bought)[at] / size
    was_whole = (lot > 0.0) & (np.abs(before - np.rint(before)) <= 1e-9)
    off = np.where(was_whole, np.abs(after - np.rint(after)) * size * fills.price, 0.0)
    traded, spare = np.zeros(books.n_bars), np.zeros(books.n_bars)
    np.add.at(traded, fills.bar, value)
    # A sale is made larger to end at a whole lot.
    np.add.at(spare, fills.bar, lot * fills.price)
    unlimited = (books.calls(terms.margin)[0] >= 0) | np.isinf(terms.max_turnover)
    share = terms.max_turnover if np.isfinite(terms.max_turnover) else 0.0
    beyond = np.where(unlimited, 0.0, traded - share * np.maximum(result.fill_equity, 0.0) - spare)
    beyond = np.where(np.isnan(beyond), np.inf, beyond)
    return np.asarray(np.maximum.reduce([worst, _worst_per_bar(books, fills.bar, off), beyond]))


def unit_roll(books: Books) -> FloatArray:
    """Value of the units that came from nowhere, at the worst name of each bar."""
    rolled = books.before + books.bought
    if books.ruined_at is not None:
        rolled[books.ruined_at :] = 0.0
    return np.asarray((np.abs(books.units - rolled) * books.mark).max(axis=1))


def carry(books: Books, result: Result) -> FloatArray:
    """Distance of dividends, interest and fees of shorts from what the inputs give."""
    claimed = np.stack([result.dividends, result.interest, result.short_fees])
    return np.asarray(np.abs(claimed - books.due).sum(axis=0))


def limits(books: Books, result: Result) -> FloatArray:
    """Overdraft, shorts and positions above the equity of a cash account; a trade beyond the gross of a margin account; a
    wrong gross: the worst on each bar."""
    margin, gross = result.settings.terms.margin, np.abs(books.units * books.mark).sum(axis=1)
    wrong = np.abs(result.gross * books.equity - gross)
    if margin is None:
        short = (-books.units * books.mark).max(axis=1)
        worst = np.maximum.reduce([-books.cash, short, books.invested - books.equity, wrong])
        return np.asarray(np.maximum(worst, 0.0))
    held = np.abs(books.before * books.at_fill).sum(axis=1)
    after = np.abs((books.before + books.bought) * books.at_fill).sum(axis=1)
    allowed = np.maximum(margin.max_gross * (result.fill_equity - books.charged), held)
    traded = np.zeros(books.n_bars, dtype=bool)
    traded[books.fills.bar] = True
    return np.asarray(np.maximum(wrong, np.where(traded, after - allowed, 0.0)))


def attribution(books: Books) -> FloatArray:
    """Money each name gave back less money put in, carry, less costs, against the equity gained; on the last bar."""
    residual = np.zeros(books.n_bars)
    cash_flow = np.zeros(books.units.shape[1])
    np.add.at(cash_flow, books.fills.instrument, -books.fills.units * books.fills.price)
    by_name = cash_flow + books.units[-1] * books.mark[-1]
    carried = (books.carried + books.settled).sum()
    residual[-1] = by_name.sum() + carried - books.charged.sum() - (books.equity[-1] - books.initial)
    return residual


def _worst_per_bar(books: Books, bar: IntArray, size: FloatArray) -> FloatArray:
    worst = np.zeros(books.n_bars)
    np.maximum.at(worst, bar, np.where(np.isnan(size), np.inf, size))
    return worst
