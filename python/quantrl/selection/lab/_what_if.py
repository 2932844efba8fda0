"""What other pipelines would have made of the rows a contest recorded: paper books on its agents' accounts."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quantrl import metrics
from quantrl.errors import ConfigError
from quantrl.selection._past import Past
from quantrl.selection.ledger import Ledger
from quantrl.selection.pipeline import Pipeline
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import BP

if TYPE_CHECKING:
    from quantrl.selection._result import ContestResult

AS_RUN = "as run"
DRAWS, BLOCK, LEAST = 2_000, 10.0, 63
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class WhatIf:
    """One pipeline on recorded rows, over the decisions that count.

    Attributes
    ----------
    name : str
    sharpe, vol, drawdown, turnover : float
        Net and annual; the deepest loss as a negative fraction; capital that moved, a year. NaN where undefined.
    gap, low, high, p : float
        Sharpe ratio less that of the pipeline as run, 95 % paired interval, two-sided p; NaN for that itself.
    shares : (T, A) float64
        Capital at each decision.
    net : (D,) float64
        Net returns of the decisions that count.
    """

    name: str
    sharpe: float
    vol: float
    drawdown: float
    turnover: float
    gap: float
    low: float
    high: float
    p: float
    shares: FloatArray
    net: FloatArray

    def json(self) -> JsonObject:
        """Figures without the arrays."""
        return {key: value for key, value in vars(self).items() if key not in ("shares", "net")}


@dataclass(frozen=True)
class _Rows:
    """What each agent (T, A) earned net of its own costs, and held, after each decision; the last few have no row."""

    net: FloatArray
    exposure: FloatArray

    @staticmethod
    def of(past: Past, ledger: Ledger) -> _Rows:
        decided = past.decided
        rows = ledger.as_of(int(decided[-1])).rows
        at = np.searchsorted(decided, rows["decided"])
        shape = (int(at.max(initial=-1)) + 1, len(past.labels))
        net, exposure = np.zeros(shape), np.zeros(shape)
        net[at, rows["agent"]] = rows["gross"] - rows["cost"]
        exposure[at, rows["agent"]] = rows["exposure"]
        return _Rows(net, exposure)


def what_if(
    run: ContestResult | str | Path,
    pipelines: Mapping[str, JsonObject],
    *,
    bps: float = 10.0,
    progress: Tell | None = None,
) -> list[WhatIf]:
    """Share capital by other pipelines among the agents of a contest, and compare with the one that ran.

    Parameters
    ----------
    run : ContestResult, str or Path
        A contest, or the folder or id of its run.
    pipelines : mapping of str to dict
        `Pipeline.settings` of each.
    bps : float
        Cost of capital that moves, basis points of the exposure it moves.
    progress : callable, optional
        Told how many decisions were taken, of how many, and whose are next.

    Returns
    -------
    list of WhatIf
        The pipeline as run first. All are counted from the first decision on which one of them funds somebody.

    Raises
    ------
    RunError
        No such run, or not one of a contest.
    ConfigError
        A name that is taken, a setting no pipeline has, or fewer than 63 decisions to count.

    Notes
    -----
    A decision sees ``ledger.as_of`` its time, as it did in the contest, so `AS_RUN` decides what it decided then, and
    no pipeline can look ahead. Books are on paper: agents trade in accounts of their own, nothing is netted.
    """
    if AS_RUN in pipelines:
        raise ConfigError(f"pipelines: {AS_RUN!r} is what was recorded; choose another name")
    if not 0 <= bps < math.inf:
        raise ConfigError(f"bps: expected 0 or more, got {bps!r}")
    past = Past.of(run)
    asked = {AS_RUN: past.header["pipeline"], **pipelines}
    built = {name: Pipeline.from_settings(settings) for name, settings in asked.items()}
    ledger = _ledger(past)
    rows = _Rows.of(past, ledger)
    total, books = len(past.decided) * len(built), {}
    for i, (name, pipeline) in enumerate(built.items()):

        def tell(t: int, i: int = i, name: str = name) -> None:
            if progress is not None:
                progress(i * len(past.decided) + t, total, name)

        books[name] = _shares(past, ledger, pipeline, tell)
    paid = {name: _paid(rows, *book, float(past.header["max_gross"]), bps) for name, book in books.items()}
    first = min(_first(shares[: len(rows.net)]) for shares, _ in books.values())
    if len(rows.net) - first < LEAST:
        raise ConfigError(
            f"{past.name}: expected at least {LEAST} decisions to count, got {len(rows.net) - first}"
        )
    annual = float(past.header["pipeline"]["periods_per_year"])
    base = paid[AS_RUN][0][first:]
    seed = int(past.header["seed"])
    return [
        _judged(name, books[name][0], paid[name][0][first:], paid[name][1][first:], base, annual, seed)
        for name in asked
    ]


def _ledger(past: Past) -> Ledger:
    ledger = Ledger(past.labels, overlap=past.header["overlap"])
    ledger.append({name: past.ledger[name].to_numpy() for name in past.ledger.columns})
    return ledger


def _shares(
    past: Past, ledger: Ledger, pipeline: Pipeline, tell: Callable[[int], None]
) -> tuple[FloatArray, FloatArray]:
    """Capital (T, A), and the same times the factor to the target volatility."""
    shares = np.zeros((len(past.decided), len(past.labels)))
    sizes = np.zeros(shares.shape)
    for t, now in enumerate(past.decided.tolist()):
        step = pipeline.step(ledger.as_of(now), now, faulty=json.loads(past.lines[t])["faulty"])
        seen = len(step.weights)
        shares[t, :seen] = step.weights
        sizes[t, :seen] = step.weights * step.scales
        if t % 32 == 0:
            tell(t)
    return shares, sizes


def _paid(
    rows: _Rows, shares: FloatArray, sizes: FloatArray, max_gross: float, bps: float
) -> tuple[FloatArray, FloatArray]:
    """Net return and capital moved (T,) of each decision that has rows."""
    count = len(rows.net)
    gross = (sizes[:count] * rows.exposure).sum(axis=1)
    held = sizes[:count] * (max_gross / np.maximum(gross, max_gross))[:, None]
    moved = np.abs(np.diff(held, axis=0, prepend=0.0)) * rows.exposure
    capital = np.abs(np.diff(shares[:count], axis=0, prepend=0.0)).sum(axis=1)
    return (held * rows.net).sum(axis=1) - bps * BP * moved.sum(axis=1), capital


def _first(shares: FloatArray) -> int:
    funded = shares.any(axis=1)
    return int(funded.argmax()) if funded.any() else len(shares)


def _judged(
    name: str,
    shares: FloatArray,
    net: FloatArray,
    capital: FloatArray,
    base: FloatArray,
    annual: float,
    seed: int,
) -> WhatIf:
    gap = low = high = p = math.nan
    if name != AS_RUN:
        found = metrics.sharpe_difference(
            net, base, periods_per_year=annual, draws=DRAWS, block=BLOCK, seed=seed, alternative="two_sided"
        )
        gap, low, high, p = found.value, found.low, found.high, found.p_value
    return WhatIf(
        name=name,
        sharpe=metrics.sharpe(net, periods_per_year=annual).value,
        vol=metrics.volatility(net, periods_per_year=annual).value,
        drawdown=metrics.max_drawdown(net).value,
        turnover=float(capital[1:].mean() * annual),
        gap=gap,
        low=low,
        high=high,
        p=p,
        shares=shares,
        net=net,
    )
