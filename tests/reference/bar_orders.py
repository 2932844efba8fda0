"""Orders of the bar engine, one name at a time: sized at the fill or at the decision, in whole lots."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from reference.bar_engine import Account

NOISE = 1e-12
SCALES = 2**32
Orders = dict[int, float]
Bounds = dict[int, tuple[float, float]]


def weighed(
    account: Account, w: np.ndarray, price: np.ndarray, caps: Bounds, forced: bool
) -> tuple[Orders, Orders, float]:
    """Orders of the largest budget that the account can hold, what they are charged for, the scale; -1: no orders."""
    value, equity = account.values(), account.equity()

    def orders(b: float) -> Orders:
        return {i: clip(w[i] * b - value[i], cap[0] * price[i], cap[1] * price[i]) for i, cap in caps.items()}

    first = account.o.sizing == "first_order"

    def cost(b: float) -> float:
        return account.cost(orders(equity if first else b))

    asked = equity - cost(equity) if first else equity
    if account.o.sizing == "post_cost":
        asked = bisect(lambda b: b + cost(b) - equity, equity)
    asked = asked if asked > NOISE * equity else 0.0
    budget = asked
    if account.over(orders(asked), cost(asked)) > NOISE * equity:
        budget = bisect(lambda b: account.over(orders(b), cost(b)), asked)
        budget = budget if budget > NOISE * equity else 0.0
    broke = account.over(orders(budget), cost(budget)) > NOISE * equity
    if account.o.margin is None and (broke or (budget == 0 and any(w[i] != 0 for i in caps))):
        return {}, {}, -1.0
    x, scale = orders(budget), budget / asked if asked > 0 else 0.0
    turnover = math.fsum(abs(one) for one in x.values()) / equity
    if turnover > account.o.max_turnover and not forced:
        scale *= account.o.max_turnover / turnover
        x = {i: one * account.o.max_turnover / turnover for i, one in x.items()}
    return x, orders(equity) if first else {}, scale


def lots(account: Account, i: int, q: float, cap: tuple[float, float]) -> float:
    """Units that end at whole lots toward zero; none if that turns the order round."""
    lot, side = account.o.lot[i], math.copysign(1, q)
    if lot == 0:
        return q
    for end in (cut((account.units[i] + q) / lot) * lot, (cut((account.units[i] + q) / lot) - side) * lot):
        moved = end - account.units[i]
        if moved * side * account.last[i] > NOISE * account.equity() and cap[0] * (1 + 1e-9) <= moved <= cap[
            1
        ] * (1 + 1e-9):
            return moved
    return 0.0


def wanted(account: Account, i: int) -> float:
    """Units to trade for the target that was fixed; an odd part of a lot goes only with all the rest."""
    q = account.target[i] - account.units[i]
    return q if account.target[i] == 0 or math.isnan(q) else in_lots(account, i, q)


def sized(account: Account, q: Orders, price: np.ndarray) -> tuple[Orders, Orders, float]:
    """As much of orders in units as can be paid for, within the turnover; sales and what closes positions come first."""
    q, scale = settled(account, q, price)
    turnover = math.fsum(abs(one * price[i]) for i, one in q.items()) / account.equity()
    if turnover > account.o.max_turnover:
        part = account.o.max_turnover / turnover
        q, again = settled(account, {i: in_lots(account, i, one * part) for i, one in q.items()}, price)
        scale *= part * again
    return q, {}, scale


def settled(account: Account, q: Orders, price: np.ndarray) -> tuple[Orders, float]:
    noise, lots = NOISE * account.equity(), account.o.lot.any()
    if account.o.margin is None:
        closing = {i: min(one, 0.0) for i, one in q.items()}
        gains = {i: -one * price[i] - account.cost({i: one * price[i]}) for i, one in closing.items()}
        if account.cash + math.fsum(gains.values()) < -noise:
            closing = {i: one if gains[i] >= 0 else 0.0 for i, one in closing.items()}
    else:
        closing = {
            i: -clip(account.units[i], -abs(one), abs(one))
            for i, one in q.items()
            if account.units[i] * one < 0
        }
        closing = dict.fromkeys(q, 0.0) | closing
    opening = {i: max(one, 0.0) if account.o.margin is None else one - closing[i] for i, one in q.items()}

    def parts(scale: float) -> Orders:
        def cut_part(i: int, one: float) -> float:
            lot = account.o.lot[i]
            return math.trunc(whole(one / lot) * scale) * lot if lot else one * scale

        return {i: closing[i] + cut_part(i, one) for i, one in opening.items()}

    def over(scale: float) -> float:
        x = {i: one * price[i] for i, one in parts(scale).items()}
        return account.over(x, account.cost(x))

    if over(1.0) <= noise:
        return parts(1.0), 1.0
    if lots:
        scale = max(math.floor(bisect(lambda k: over(math.floor(k) / SCALES) - noise, SCALES)), 0) / SCALES
    else:
        scale = max(bisect(over, 1.0), 0.0)
    scale = scale if scale > NOISE and over(scale) <= noise else 0.0
    return parts(scale), scale


def size(account: Account, w: np.ndarray) -> None:
    """Fix the units to hold: NaN for a hold and for a name without any price so far."""

    def one(i: int) -> float:
        if w[i] == 0 or math.isnan(w[i]) or account.last[i] == 0:
            return 0.0 if w[i] == 0 else math.nan
        return in_lots(account, i, w[i] * account.equity() / account.last[i])

    account.target = [one(i) for i in range(len(w))]


def whole(count: float) -> float:
    """A count of lots that is whole but for rounding, made whole."""
    near = round(count)
    return near if abs(count - near) <= 1e-9 else count


def cut(count: float) -> float:
    """Lots toward zero."""
    return math.trunc(whole(count))


def in_lots(account: Account, i: int, units: float) -> float:
    """Units of one name cut to whole lots; infinity stays."""
    lot = account.o.lot[i]
    return cut(units / lot) * lot if lot and math.isfinite(units) else units


def clip(x: float, least: float, most: float) -> float:
    """Within both bounds."""
    return min(max(x, least), most)


def bisect(f: Callable[[float], float], high: float) -> float:
    """Root of an increasing function in (-high, high], or -high where it is positive throughout."""
    low = -high
    if f(high) <= 0:
        return high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if f(middle) <= 0 else (low, middle)
    return low
