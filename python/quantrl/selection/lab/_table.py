"""Every rule on every pool, with standard errors and the distance to the published table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl import _core
from quantrl.errors import ConfigError
from quantrl.selection._parameters import whole
from quantrl.selection.lab._pools import DAYS, POOLS
from quantrl.selection.lab._reference import Reference
from quantrl.selection.lab._rules import HINDSIGHT, LabRule, parts, rules
from quantrl.typing import FloatArray

_CHUNK = 8
Tell = Callable[[int, int, str], None]
_MEASURES = ("sharpe", "precision", "tau", "turnover", "drawdown")


@dataclass(frozen=True)
class Cell:
    """One rule on the pools of one kind: means over the pools, NaN where undefined.

    Attributes
    ----------
    sharpe, se, p10 : float
        Net Sharpe ratio, its standard error, its lowest decile over the pools.
    precision, tau, turnover, drawdown : float
        See `Outcome`; `drawdown` is the worst of all pools.
    detection : float
        Median days over the flipped agents that were dropped for good.
    regret : float
        Sharpe ratio of the unattainable best less this one; NaN where that was not run.
    """

    sharpe: float
    se: float
    p10: float
    precision: float
    tau: float
    turnover: float
    drawdown: float
    detection: float
    regret: float = math.nan


@dataclass(frozen=True)
class Difference:
    """A figure here, the published one, and their distance in standard errors of the difference."""

    rule: str
    pool: str
    measure: str
    here: float
    published: float
    standard_errors: float


@dataclass(frozen=True)
class Table:
    """Cells by (rule, pool), in the order of `rules` and `pools`."""

    rules: tuple[str, ...]
    pools: tuple[str, ...]
    seeds: int
    seed: int
    days: int
    cells: dict[tuple[str, str], Cell]

    def compare(self, reference: Reference) -> list[Difference]:
        """Net Sharpe ratios beside the published ones. The pools are other draws of the same law."""
        found = []
        for (rule, pool), cell in self.cells.items():
            published = reference.sharpe.get(rule, {}).get(pool)
            if published is not None:
                apart = (cell.sharpe - published) / math.hypot(cell.se, reference.se)
                found.append(Difference(rule, pool, "sharpe", cell.sharpe, published, apart))
        return found

    def json(self) -> dict[str, Any]:
        """As plain values."""
        cells = [{"rule": rule, "pool": pool, **vars(cell)} for (rule, pool), cell in self.cells.items()]
        return {"seeds": self.seeds, "seed": self.seed, "days": self.days, "cells": cells}


def table(
    pools: str | Sequence[str] = "all",
    selectors: str | Sequence[str] = "all",
    *,
    seeds: int = 120,
    seed: int = 11,
    days: int = DAYS,
    delay: int = 1,
    threads: int = 1,
    progress: Tell | None = None,
) -> Table:
    """Draw pools and run rules on them.

    Parameters
    ----------
    pools, selectors : str or sequence of str
        Names, or ``all``.
    seeds, seed, days : int
        How many pools of each kind, their address, their length.
    delay : int
        Days until a row is known, at least 1.
    threads : int
        Results do not depend on it.
    progress : callable, optional
        Told how many pools are done, of how many, and which kind is next.

    Raises
    ------
    ConfigError
        An unknown name, or a number out of range.
    """
    kinds, names = _kinds(pools), rules(selectors)
    whole("threads", threads, 1)
    if delay < 1:
        raise ConfigError(f"delay: expected at least 1, got {delay}: a row is known the day after it")
    if seeds < 2:
        raise ConfigError(f"seeds: expected at least 2, got {seeds}: one pool has no standard error")
    cells: dict[tuple[str, str], Cell] = {}
    for at, kind in enumerate(kinds):

        def tell(done: int, kind: str = kind, at: int = at) -> None:
            if progress is not None:
                progress(at * seeds + done, len(kinds) * seeds, kind)

        columns = _columns(kind, names, seeds, seed, days, delay, threads, tell)
        best = columns.get(HINDSIGHT)
        for name in names:
            cells[name, kind] = _cell(columns[name], best)
    ordered = {(name, kind): cells[name, kind] for name in names for kind in kinds}
    return Table(names, kinds, seeds, seed, days, ordered)


def _kinds(pools: str | Sequence[str]) -> tuple[str, ...]:
    if isinstance(pools, str):
        pools = list(POOLS) if pools == "all" else [pools]
    for name in pools:
        if name not in POOLS:
            raise ConfigError(f"pools: unknown {name!r}; choose from: {', '.join(POOLS)}")
    return tuple(name for name in POOLS if name in pools)


def _columns(
    kind: str,
    names: Sequence[str],
    seeds: int,
    seed: int,
    days: int,
    delay: int,
    threads: int,
    tell: Callable[[int], None],
) -> dict[str, list[dict[str, FloatArray]]]:
    """Columns of each row's parts, a few pools at a time so that a run can be told of and stopped."""
    n_agents = 80 if kind == "P5" else 40
    flat: list[tuple[str, LabRule]] = [(name, part) for name in names for part in parts(name, n_agents)]
    asked = [part.core() for _, part in flat]
    chunk = _CHUNK * threads
    blocks: list[list[dict[str, FloatArray]]] = []
    for first in range(0, seeds, chunk):
        tell(first)
        count = min(chunk, seeds - first)
        blocks.append(
            _core.lab_table(
                kind, asked, seed=seed, first=first, count=count, days=days, delay=delay, threads=threads
            )
        )
    tell(seeds)
    found: dict[str, list[dict[str, FloatArray]]] = {name: [] for name in names}
    for i, (name, _) in enumerate(flat):
        keys = (*_MEASURES, "detection")
        found[name].append({key: np.concatenate([block[i][key] for block in blocks]) for key in keys})
    return found


def _cell(columns: list[dict[str, FloatArray]], best: list[dict[str, FloatArray]] | None) -> Cell:
    """Means over pools, then over the parts; the standard error is of the pools' means over parts."""
    by_pool = np.mean([part["sharpe"] for part in columns], axis=0)
    sharpe = float(by_pool.mean())
    return Cell(
        sharpe=sharpe,
        se=float(by_pool.std(ddof=1) / math.sqrt(len(by_pool))),
        p10=float(np.mean([np.quantile(part["sharpe"], 0.1) for part in columns])),
        precision=_mean([_defined(part["precision"]) for part in columns]),
        tau=_mean([_defined(part["tau"]) for part in columns]),
        turnover=float(np.mean([part["turnover"] for part in columns])),
        drawdown=float(min(part["drawdown"].min() for part in columns)),
        detection=_mean([_median(part["detection"]) for part in columns]),
        regret=math.nan if best is None else float(best[0]["sharpe"].mean()) - sharpe,
    )


def _defined(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _median(values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else math.nan


def _mean(values: Sequence[float]) -> float:
    return _defined(np.array(values))
