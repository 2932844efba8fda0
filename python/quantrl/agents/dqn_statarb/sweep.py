"""What a trained policy earns where fees, delays or queues are others: one account each, one thing changed at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.agents.dqn_statarb.backtest.market import market
from quantrl.agents.dqn_statarb.backtest.run import run_pair
from quantrl.agents.dqn_statarb.policy import PairPolicy
from quantrl.agents.dqn_statarb.robust.box import BOX, Point
from quantrl.agents.dqn_statarb.robust.scenarios import scenarios
from quantrl.envs import PairConfig
from quantrl.errors import CapitalError

FEES = (0.0, 0.5, 1.0, 2.0)
LATENCIES_MS = (0.0, 1.0, 10.0, 100.0, 250.0)
QUEUES = ("risk_averse", "power2", "log")
_KEPT = ("net", "low", "high", "gross", "cost", "turnover", "sharpe", "sharpe_low", "sharpe_high")
Told = Callable[[str], None]


@dataclass(frozen=True)
class Change:
    """One figure that is another than in the pair the policy was judged on."""

    axis: str
    at: float | str
    pair: PairConfig


def sweep(policy: PairPolicy, *, seed: int = 0, told: Told = lambda note: None) -> dict[str, Any]:
    """Fees at 0, half, once and twice; mean latencies from 0 to 250 ms; where orders are worked every queue model.

    Parameters
    ----------
    policy : PairPolicy
        It trades the test part of recorded books, or simulated ones, by itself: the same paths at every point.
    seed : int
        Of latencies and simulated books.
    told : callable, optional
        Called with each point before it is traded.

    Returns
    -------
    dict
        ``rows``: ``axis at net low high gross cost turnover sharpe sharpe_low sharpe_high`` per hour, in U; ``net`` is
        None where all capital was lost. ``break_even``: the multiple of all costs, spread included, at which the trades of
        the pair as it is earn nothing; None where they cost nothing. ``left_out``: latencies the clock of the pair has no
        room for.
    """
    pair = market(policy.pair, first_stock=policy.first_stock)
    fits = [ms for ms in LATENCIES_MS if _fits(pair, ms)]
    rows = [_row(policy, change, seed, told) for change in _changes(pair, fits)]
    usual = next(row for row in rows if (row["axis"], row["at"]) == ("fee", 1.0))
    cost = usual["cost"]
    return {
        "rows": rows,
        "break_even": usual["gross"] / cost if cost else None,
        "left_out": [ms for ms in LATENCIES_MS if ms not in fits],
    }


def theta_grid(
    policy: PairPolicy, *, seed: int = 0, decisions: int = 2048, told: Told = lambda note: None
) -> dict[str, Any]:
    """The pair as it is and every corner of the box of robust training that it allows.

    Parameters
    ----------
    policy, seed, told
        As in `sweep`.
    decisions : int
        Of each of the eight paths of a point in simulated worlds that revert.

    Returns
    -------
    dict
        ``rows``: ``theta`` (fee, spread, latency in ms, chance of a passive fill, volatility) and ``sharpe`` of hours; in
        simulated worlds that revert also ``ratio`` to the optimum at the point and ``se``, on recorded books ``net``.

    References
    ----------
    Zouitine et al. (2024), arXiv 2410.06212: the worst case of a box of domain parameters.
    """
    own = policy.pair
    points = _corners(own)
    if not own.has_tape and own.kappa_dt > 0 and own.objective == "mean":
        told(f"{len(points)} points of theta")
        found = scenarios(policy.act, own, np.asarray(points), seed=seed, decisions=decisions)
        periods = (3600.0 / own.dt * own.kappa_dt) ** 0.5
        rows = [
            {"theta": list(point), "ratio": float(ratio), "se": float(se), "sharpe": float(sharpe * periods)}
            for point, ratio, se, sharpe in zip(
                points, found.ratio, found.ratio_se, found.sharpe, strict=True
            )
        ]
        return {"rows": rows}
    pair = market(own, first_stock=policy.first_stock)
    rows = []
    for point in points:
        row = _row(
            policy, Change("theta", str(point), pair.replace(theta_low=point, theta_high=point)), seed, told
        )
        rows.append({"theta": list(point), **{name: row[name] for name in ("net", "low", "high", "sharpe")}})
    return {"rows": rows}


def _fits(pair: PairConfig, ms: float) -> bool:
    """Whether answers to orders that wait so long come back before the next decision."""
    return 1e-3 * ms < pair.dt / 1.5


def _changes(pair: PairConfig, latencies: list[float]) -> Iterator[Change]:
    _, spread, delay, fill, vol = pair.theta_low

    def at(fee: float, ms: float) -> PairConfig:
        point: Point = (fee, spread, ms, fill, vol)
        return pair.replace(theta_low=point, theta_high=point)

    for fee in FEES:
        yield Change("fee", fee, at(fee, delay))
    if pair.venue != "ou":
        for ms in latencies:
            yield Change("latency_ms", ms, at(1.0, ms))
    if pair.works:
        for queue in QUEUES:
            yield Change("queue", queue, pair.replace(queue=queue))


def _corners(pair: PairConfig) -> list[Point]:
    """Nominal first; volatility is that of the record on recorded books, and nothing is delayed in `ou`."""
    found: list[Point] = []
    for fee, spread, ms, fill, vol in BOX.points(0).tolist():
        point = (
            fee,
            spread,
            0.0 if pair.venue == "ou" else min(ms, _longest(pair)),
            fill,
            1.0 if pair.has_tape else vol,
        )
        if point not in found:
            found.append(point)
    return found


def _longest(pair: PairConfig) -> float:
    """Of `LATENCIES_MS`, the longest that fits."""
    return max(ms for ms in LATENCIES_MS if _fits(pair, ms))


def _row(policy: PairPolicy, change: Change, seed: int, told: Told) -> dict[str, Any]:
    told(f"{change.axis} {change.at}")
    try:
        measures = run_pair(policy.native, change.pair, names=policy.names, seed=seed).measures
    except CapitalError:
        measures = {}
    return {"axis": change.axis, "at": change.at, **{name: measures.get(name) for name in _KEPT}}
