"""Who else could have shared out the capital, from the same rows and the same answers; one bar-engine batch prices all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from quantrl.backtest import AuditReport, audit, run_weights
from quantrl.contest.world import World
from quantrl.selection import LedgerView
from quantrl.selection._book import COST, FILL_EQUITY
from quantrl.selection.baselines.random_k import RandomK
from quantrl.selection.netting import net
from quantrl.selection.rival import market_targets, run_books
from quantrl.typing import FloatArray

RANDOM_SEEDS = 200
BOOK, MARKET = "book", "buy_hold"


def best_past(view: LedgerView, n_agents: int) -> FloatArray:
    """(A,) all capital on the agent whose matured net returns have compounded to most; cash while nobody acted."""
    rows = view.rows
    wealth, acted = np.zeros(n_agents), np.zeros(n_agents)
    np.add.at(wealth, rows["agent"], np.log1p(np.maximum(rows["gross"] - rows["cost"], -0.999999)))
    np.add.at(acted, rows["agent"], rows["acted"])
    found = np.zeros(n_agents)
    if acted.any():
        found[int(np.where(acted > 0, wealth, -np.inf).argmax())] = 1.0
    return found


def random_k(seed: int, n_agents: int) -> FloatArray:
    """(A,) equal shares of k agents drawn once: as many as the selection engine would fund."""
    # It reads no row of the view it is given.
    return RandomK(seed=seed).step(LedgerView(0, 0, (), 1, None), n_agents)


def fixed(n_agents: int, labels: tuple[str, ...], *, seeds: int = RANDOM_SEEDS) -> dict[str, FloatArray]:
    """Engines that never change their mind: equal, random k drawn once for each seed, each agent alone; (A,) each."""
    engines = {"equal": np.full(n_agents, 1.0 / n_agents)}
    for seed in range(seeds):
        engines[f"random:{seed}"] = random_k(seed, n_agents)
    for place, label in enumerate(labels):
        engines[f"alone:{label}"] = np.eye(n_agents)[place]
    return engines


def priced(
    world: World,
    capital: Mapping[str, FloatArray],
    scales: Mapping[str, FloatArray],
    wanted: FloatArray,
    *,
    threads: int = 1,
) -> dict[str, tuple[FloatArray, FloatArray]]:
    """What each engine's netted book earned.

    Parameters
    ----------
    world : World
    capital : mapping of engine to (D, A) float64
        Shares decided on the D days of the contest so far.
    scales : mapping of engine to (D, A) float64
        Factors to a target volatility; 1 where an engine is absent.
    wanted : (D, A, N) float64
        What each agent wanted.
    threads : int
        The bits are the same for any number.

    Returns
    -------
    dict of engine to (gross, cost)
        (D,) each, return of each day from fill point to fill point before costs, and costs; NaN on days not matured
        by the last bar of the contest. `buy_hold` is added.
    """
    names = list(capital)
    n_days = len(wanted)
    bars = world.bars.head(n_days + 1) if n_days + 1 < world.bars.n_bars else world.bars
    targets = np.full((bars.n_bars, len(names) + 1, world.panel.n_instruments), np.nan)
    limit = world.mechanism.gross or 1.0
    ones = np.ones((n_days, wanted.shape[1]))
    for place, name in enumerate(names):
        targets[:n_days, place], _ = net(capital[name], scales.get(name, ones), wanted, limit)
    targets[:, -1] = market_targets(bars["close"])
    skip = world.calendar.test - world.calendar.first
    targets[:skip, -1] = np.nan
    if skip:
        targets[skip:, -1] = market_targets(bars["close"][skip:])
    history = run_books(bars, targets, world.settings, threads=threads)
    return {name: _returns(history[:, place], n_days) for place, name in enumerate([*names, MARKET])}


def audited(world: World, capital: FloatArray, scales: FloatArray | None, wanted: FloatArray) -> AuditReport:
    """Every accounting identity of one engine's netted book, checked with none of the code that made it.

    Parameters
    ----------
    world : World
    capital, scales : (D, A) float64
        Shares decided, and factors to a target volatility; None where the engine has none.
    wanted : (D, A, N) float64
        What each agent wanted.
    """
    n_days = len(wanted)
    bars = world.bars.head(n_days + 1) if n_days + 1 < world.bars.n_bars else world.bars
    targets = np.full((bars.n_bars, world.panel.n_instruments), np.nan)
    scales = np.ones((n_days, wanted.shape[1])) if scales is None else scales
    targets[:n_days], _ = net(capital, scales, wanted, world.mechanism.gross or 1.0)
    settings = world.settings
    return audit(
        run_weights(
            bars,
            targets,
            fill=settings.fill,
            sizing=settings.sizing,
            costs=settings.costs,
            initial_cash=settings.initial_cash,
            periods_per_year=bars.periods_per_year or 1.0,
            keep="full",
        )
    )


def _returns(history: FloatArray, n_days: int) -> tuple[FloatArray, FloatArray]:
    """By the row rule of the ledger: the decision of row d is filled on bar d + 1 and matures on bar d + 2."""
    gross, cost = np.full(n_days, np.nan), np.full(n_days, np.nan)
    start, end = history[1:-1, FILL_EQUITY], history[2:, FILL_EQUITY]
    cost[: len(start)] = history[1:-1, COST] / start
    gross[: len(start)] = end / start - 1.0 + cost[: len(start)]
    return gross, cost
