"""What a result is compared with: cash, buying and holding, equal weight, and random schedules that trade as much."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from quantrl.backtest.bars import Bars
from quantrl.backtest.schedule import Schedule
from quantrl.errors import ConfigError
from quantrl.rng import generator
from quantrl.typing import BoolArray, FloatArray, IntArray

MONTH = 21


def cash(bars: Bars) -> Schedule:
    """Nothing is ever bought."""
    return Schedule(np.empty(0, dtype=np.int64), np.empty((0, bars.shape[1])), "cash")


def buy_and_hold(bars: Bars) -> Schedule:
    """On the first bar with a price, equal weights of the names that have one; never a trade after."""
    first = _first(bars)
    return Schedule(np.array([first]), _equal(bars, np.array([first])), "buy_and_hold")


def equal_weight(bars: Bars, every: int = MONTH) -> Schedule:
    """1/n in each of the n names with a price, every so many bars from the first with one."""
    if isinstance(every, bool) or not isinstance(every, int) or every < 1:
        raise ConfigError(f"every: expected a number of bars of at least 1, got {every!r}")
    rows = np.arange(_first(bars), bars.shape[0], every)
    return Schedule(rows, _equal(bars, rows), "equal_weight")


def random_schedules(
    schedule: Schedule, bars: Bars, *, count: int = 200, seed: int = 0
) -> Iterator[Schedule]:
    """Schedules with the sizes and changes of one, at another time and in other names.

    Parameters
    ----------
    schedule : Schedule
        What was decided.
    bars : Bars
    count : int
    seed : int

    Yields
    ------
    Schedule
        The decisions of `schedule` turned in time by a random number of bars, from its first one on (what falls off the end
        comes first), and with names permuted. So each has the same weights, gross and changes of weight, but for one
        rebalance at the joint. A weight that would fall on a name without a price goes to another name at random that has
        one and no weight.

    Notes
    -----
    The null of a skill in names or times, given how much the strategy held and traded. With one name only time is random;
    a schedule that never changes is random in names alone.

    References
    ----------
    Burns (2007), Random portfolios for performance measurement; Aronson (2006), Evidence-based technical analysis, ch. 6.
    """
    rows = np.arange(bars.shape[0]) if schedule.rows is None else schedule.rows
    decided = ~np.isnan(schedule.values).all(axis=1)
    rows, values = rows[decided], schedule.values[decided]
    priced = ~np.isnan(bars.close)
    for k in range(count):
        random = generator(seed, k, "baseline")
        order = random.permutation(bars.shape[1])
        turned, kept = _turned(rows, values, bars.shape[0], int(random.integers(bars.shape[0])))
        mixed = _placed(kept[:, order], priced[turned], random.permutation(bars.shape[1]))
        yield Schedule(turned, mixed, f"random {k}")


def _turned(rows: IntArray, values: FloatArray, n_bars: int, by: int) -> tuple[IntArray, FloatArray]:
    """Decisions `by` bars later, those past the end from the first one's bar on, where what was then in force is decided.

    Before its first decision a strategy waits for data, so nothing is turned into that time.
    """
    if not len(rows):
        return rows, values
    first, span = rows[0], n_bars - rows[0]
    moved = first + (rows - first + by) % span
    order = np.argsort(moved, kind="stable")
    if moved[order[0]] == first:
        return moved[order], values[order]
    opening = _in_force(values[: order[0]] if order[0] else values)
    # Weights decided at different times may add up to more than any one decision asked for.
    most = np.nansum(np.abs(values), axis=1).max()
    opening *= min(1.0, most / max(np.abs(opening).sum(), np.finfo(float).tiny))
    return np.concatenate([[first], moved[order]]), np.vstack([opening, values[order]])


def _in_force(values: FloatArray) -> FloatArray:
    """(N,) the newest weight decided of each name, 0 of one that never had any."""
    filled = np.where(np.isnan(values), 0.0, values)
    last = np.where(np.isnan(values), -1, np.arange(len(values))[:, None]).max(axis=0)
    return np.where(last < 0, 0.0, filled[last, np.arange(values.shape[1])])


def _placed(values: FloatArray, priced: BoolArray, order: IntArray) -> FloatArray:
    """The weights with those of names without a price moved to names that have one and no weight, in the given order."""
    values = values.copy()
    weighted = ~np.isnan(values) & (values != 0.0)
    for row in np.flatnonzero((weighted & ~priced).any(axis=1)):
        homeless = np.flatnonzero(weighted[row] & ~priced[row])
        free = order[priced[row][order] & (values[row][order] == 0.0)][: len(homeless)]
        taken = homeless[: len(free)]
        values[row, free], values[row, taken] = values[row, taken], 0.0
    return values


def _first(bars: Bars) -> int:
    return int(np.argmax(~np.isnan(bars.close).all(axis=1)))


def _equal(bars: Bars, rows: IntArray) -> FloatArray:
    priced = ~np.isnan(bars.close[rows])
    return np.asarray(priced / np.maximum(priced.sum(axis=1, keepdims=True), 1), dtype=np.float64)
