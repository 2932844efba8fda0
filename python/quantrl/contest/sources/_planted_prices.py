"""Prices of the planted world: one market factor and fat-tailed returns of each company's own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache

import numpy as np

from quantrl.data.panel import Panel
from quantrl.data.sealed import frozen
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray
from quantrl.units import NS_PER_DAY, NS_PER_SECOND

START = dt.date(2030, 1, 2)
DRIFT, MARKET_VOL, OWN_VOL, FREEDOM = 0.0003, 0.008, 0.018, 5
WORST = -0.5
_OPEN_NS = (9 * 60 + 30) * 60 * NS_PER_SECOND
_SESSION_NS = (6 * 60 + 30) * 60 * NS_PER_SECOND
_HOURS = 0.7  # share of a day's return that falls into trading hours
_REACH = 0.004


def draw_market(seed: int, stream: int, symbols: Sequence[str], n_days: int) -> tuple[Panel, FloatArray]:
    """A panel, and z (T, N): each company's own part of r(s), of unit variance.

    r(s) = o(s) -> o(s+1) is the market's N(.0003, .008) plus .018 z, z from Student's t with 5 degrees of freedom. Only
    sums, products, quotients and roots of normals, so that the bits are the same on every machine.
    """
    shape = (n_days, len(symbols))
    own, returns, noise = np.empty(shape), np.empty(shape), np.empty((n_days, 4, shape[1]))
    for day in range(n_days):
        rng = generator(seed, stream, "synthetic", draw=0, episode=day)
        chi = (rng.standard_normal((FREEDOM, shape[1])) ** 2).sum(axis=0) / FREEDOM
        own[day] = rng.standard_normal(shape[1]) / np.sqrt(chi * FREEDOM / (FREEDOM - 2))
        market = DRIFT + MARKET_VOL * rng.standard_normal()
        returns[day] = np.maximum(market + OWN_VOL * own[day], WORST)
        noise[day] = rng.random((4, shape[1]))
    opens = 50.0 * np.concatenate([np.ones((1, shape[1])), np.cumprod(1.0 + returns[:-1], axis=0)])
    closes = opens * (1.0 + _HOURS * returns + _REACH * (noise[:, 0] - 0.5))
    high = np.maximum(opens, closes) * (1.0 + _REACH * noise[:, 1])
    low = np.minimum(opens, closes) * (1.0 - _REACH * noise[:, 2])
    volume = np.floor(100_000.0 + 900_000.0 * noise[:, 3])
    panel = Panel(
        {"open": opens, "high": high, "low": low, "close": closes, "volume": volume},
        weekdays(n_days)[1], list(symbols), periods_per_year=252, adjust="total", name="planted",
        source=f"planted(seed={seed}, n_days={n_days})",
        flags=("a generated world: invented companies, planted skill",),
    )  # fmt: skip
    return panel, frozen(own, np.float64)


@cache
def weekdays(n: int) -> tuple[IntArray, IntArray]:
    """(opens, ends) of the first n weekdays, ns UTC."""
    days = np.busday_offset(np.datetime64(START), np.arange(n)).astype("datetime64[D]").astype(np.int64)
    opens = days * NS_PER_DAY + _OPEN_NS
    return frozen(opens, np.int64), frozen(opens + _SESSION_NS, np.int64)
