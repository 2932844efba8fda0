"""Figures of a study, read from its accounts: how good, how sure, against whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from quantrl import metrics
from quantrl.agents.sharpe_portfolio.evaluation import versus
from quantrl.agents.sharpe_portfolio.evaluation.accounts import finite
from quantrl.agents.sharpe_portfolio.evaluation.diagnostics import average, diagnose
from quantrl.agents.sharpe_portfolio.evaluation.material import AGENT, Material
from quantrl.backtest import Schedule
from quantrl.metrics.pooling import Pooled
from quantrl.typing import JsonObject

STATICS = ("static_val", "static_test", "frozen")
_UNDEFINED: JsonObject = {"value": None, "low": None, "high": None}

Intervals = dict[str, list[float | None]]


def intervals(material: Material) -> Intervals:
    """Bootstrap bounds of the Sharpe ratio of every account, joint rows."""
    options = material.options
    series = [account.series for account in material.accounts.values()]
    bounds = versus.sharpe_intervals(
        series,
        periods_per_year=material.ground.periods_per_year,
        draws=options.bootstrap,
        seed=options.seed,
    )
    return {name: list(pair) for name, pair in zip(material.accounts, bounds, strict=True)}


def agent(material: Material, bounds: Intervals) -> JsonObject:
    """The deployed portfolio: measures, interval, and how far its Sharpe ratio is luck."""
    account, annual = material.accounts[AGENT], material.ground.periods_per_year
    returns = account.series.returns
    found: JsonObject = {
        "summary": account.summary,
        "interval": bounds[AGENT],
        "psr": None,
        "min_track_record": None,
        "dsr": None,
    }
    if account.summary["sharpe"] is not None:
        found["psr"] = finite(metrics.probabilistic_sharpe(returns))
        found["min_track_record"] = finite(metrics.min_track_record(returns).value)
        found["dsr"] = finite(material.study.trials.deflated(returns, annual))
    return found


def pooled(material: Material) -> JsonObject:
    """Interquartile mean of the Sharpe ratios of seeds and folds, interval stratified by fold."""
    rows = [row for row in material.fold_seed if row["sharpe"] is not None]
    if not rows:
        return {**_UNDEFINED, "n": 0}
    found = metrics.iqm(
        [row["sharpe"] for row in rows],
        [row["fold"] for row in rows],
        draws=material.options.bootstrap,
        seed=material.options.seed,
    )
    return {**_bounds(found), "n": len(rows)}


def baselines(material: Material, bounds: Intervals) -> list[JsonObject]:
    """A row per baseline, each compared with the agent."""
    pairs = _versus(material, [plan.baseline.name for plan in material.plans])
    return [
        {
            "name": plan.baseline.name,
            "label": plan.baseline.label,
            "summary": material.accounts[plan.baseline.name].summary,
            "interval": bounds[plan.baseline.name],
            "versus": pairs[plan.baseline.name],
            "improvement": improvement(material, plan.baseline.name),
            "failures": plan.failures,
        }
        for plan in material.plans
    ]


def improvement(material: Material, rival: str) -> JsonObject:
    """Probability that a seed beats the rival in the same fold, mean over folds; a tie counts half."""
    bars = {row["fold"]: row["sharpe"][rival] for row in material.folds}
    ours = [r for r in material.fold_seed if r["sharpe"] is not None and bars[r["fold"]] is not None]
    folds = sorted({row["fold"] for row in ours})
    if not folds:
        return dict(_UNDEFINED)
    found = metrics.probability_of_improvement(
        [row["sharpe"] for row in ours],
        [bars[fold] for fold in folds],
        [row["fold"] for row in ours],
        folds,
        draws=material.options.bootstrap,
        seed=material.options.seed,
    )
    return _bounds(found)


def controls(material: Material, bounds: Intervals) -> JsonObject:
    """Static, frozen, shuffled, noisy and corner portfolios, each against the agent."""
    pairs = _versus(material, STATICS)
    found: JsonObject = {
        name: {
            "summary": material.accounts[name].summary,
            "interval": bounds[name],
            "versus": pairs[name],
        }
        for name in STATICS
    }
    for name in ("shuffled", "noise"):
        found[name] = _crowd(material, material.drawn(name))
    found["corners"] = _crowd(material, material.corners())
    return found


def diagnostics(material: Material) -> dict[str, float | None]:
    """Mean over all policies of `diagnose`."""
    found = []
    for walk in material.walks:
        policies = material.study.policies[walk.fold.index]
        for seed, actions in zip(walk.seeds, walk.actions, strict=True):
            found.append(diagnose(material.config, actions, getattr(policies[seed], "spread", None)))
    return average(found)


def _versus(material: Material, names: Sequence[str]) -> dict[str, JsonObject]:
    return versus.compare(
        material.accounts[AGENT].series,
        {name: material.accounts[name].series for name in names},
        periods_per_year=material.ground.periods_per_year,
        draws=material.options.bootstrap,
        seed=material.options.seed,
    )


def _crowd(material: Material, schedules: Iterator[Schedule]) -> JsonObject:
    """How many of many accounts the agent beats, and where they lie."""
    sharpes = material.ground.sharpes(schedules, material.study.span)
    known = sharpes[~np.isnan(sharpes)]
    low, median, high = np.quantile(known, [0.025, 0.5, 0.975]) if known.size else [np.nan] * 3
    return {
        "n": len(sharpes),
        "beaten": versus.share_beaten(material.accounts[AGENT].sharpe, sharpes),
        "median": finite(median),
        "low": finite(low),
        "high": finite(high),
    }


def _bounds(found: Pooled) -> JsonObject:
    return {"value": finite(found.value), "low": finite(found.low), "high": finite(found.high)}
