"""Accounts of a contest as slowly and obviously as they can be written: one name at a time, from open to open.

E(t) is the value of an account at the open of day t before it trades there: cash, and units at that open, or at the last
price seen where there is none. r(s) = E(s+1) / E(s) - 1, so the costs of the trade at the open of s are in r(s).
"""

from __future__ import annotations

import math
from itertools import pairwise


def order_cost(value: float, costs: dict[str, float]) -> float:
    """Cost of buying (above 0) or selling for this much at the open."""
    size = abs(value)
    slip = costs["slippage"]
    if value > 0:
        paid = size * slip + size * (1 + slip) * costs["buy"]
    else:
        paid = size * slip + size * (1 - slip) * costs["sell"]
    return max(costs["minimum"], costs["fixed"] + paid)


def total_cost(orders: list[float], costs: dict[str, float]) -> float:
    """Cost of all orders of a day."""
    return math.fsum(order_cost(value, costs) for value in orders if value != 0.0)


def walk(opens, closes, targets, costs, cash):
    """One account.

    Row t of `targets` is decided before the open of day t and filled there; NaN keeps the units held. Returns the
    lists E(0), E(1) .. and the costs paid at each open.
    """
    days, n = len(opens), len(opens[0])
    units, mark = [0.0] * n, [0.0] * n
    values, paid = [], []
    for t in range(days):
        mark = [m if math.isnan(p) else p for m, p in zip(mark, opens[t], strict=True)]
        worth = [u * m for u, m in zip(units, mark, strict=True)]
        equity = cash + math.fsum(worth)
        values.append(equity)
        trades = [i for i in range(n) if not math.isnan(targets[t][i]) and not math.isnan(opens[t][i])]
        budget = _budget(equity, cash, worth, targets[t], trades, costs)
        orders = [targets[t][i] * budget - worth[i] for i in trades]
        orders = [value if abs(value) > 1e-12 * equity else 0.0 for value in orders]
        cost = total_cost(orders, costs)
        cash -= math.fsum(orders) + cost
        for i, value in zip(trades, orders, strict=True):
            units[i] = 0.0 if targets[t][i] == 0 else units[i] + value / opens[t][i]
        paid.append(cost)
        mark = [m if math.isnan(p) else p for m, p in zip(mark, closes[t], strict=True)]
    return values, paid


def _budget(equity, cash, worth, target, trades, costs):
    """What is left of the equity once this day's costs are paid out of it, found by halving; less where cash binds."""

    def orders(b):
        values = [target[i] * b - worth[i] for i in trades]
        return [value if abs(value) > 1e-12 * equity else 0.0 for value in values]

    def after_costs(b):
        return b + total_cost(orders(b), costs) - equity

    def missing_cash(b):
        return math.fsum(orders(b)) + total_cost(orders(b), costs) - cash

    budget = _root(after_costs, equity)
    return budget if missing_cash(budget) <= 1e-12 * equity else _root(missing_cash, budget)


def _root(f, high):
    low = 0.0
    if f(high) <= 0:
        return high
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if f(middle) <= 0 else (low, middle)
    return low


def returns(values: list[float]) -> list[float]:
    """r(s) = E(s+1) / E(s) - 1."""
    return [after / before - 1.0 for before, after in pairwise(values)]


def netted(shares, targets):
    """Weights of the book: sum over agents of capital share times weight; `targets` is agents by days by names."""
    days, n = len(shares), len(targets[0][0])
    return [
        [math.fsum(shares[t][i] * targets[i][t][j] for i in range(len(targets))) for j in range(n)]
        for t in range(days)
    ]
