"""Worlds of known skill: agents with a planted Sharpe ratio, and sources whose ratings are right so often."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from quantrl.contest.allocate import shares
from quantrl.contest.context import Offers
from quantrl.contest.context.knapsack import Knapsack
from quantrl.contest.context.rebuild import Rebuild
from quantrl.contest.predict import DELAY, Prediction
from quantrl.contest.predict.cold import utilities

COST = 1e-3
SHARPE = np.array([2.0, 2.0, 0.0, 0.0, 0.0, 0.0, -1.5, -1.5])
RHO = np.array([0.15, 0.15, 0.0, 0.0, -0.15, 0.15])
INFORMATIVE, NOISE, INVERTED, DIES = (0, 1), (2, 3), 4, 5
CAPACITY = 1_600


def planted_agents(seed: int, days: int = 504, vol: float = 0.01) -> np.ndarray:
    """(days, 8) daily returns, correlated .3."""
    random = np.random.default_rng(seed)
    common, own = random.standard_normal((days, 1)), random.standard_normal((days, 8))
    return vol * (SHARPE / np.sqrt(252) + np.sqrt(0.3) * common + np.sqrt(0.7) * own)


def judged(returns: np.ndarray, seed: int, correlation: float) -> np.ndarray:
    """(days + DELAY, 8, 1) judge scores, correlated with each day's own reward."""
    days, agents = returns.shape
    noise = np.random.default_rng([seed, 7]).standard_normal((days + DELAY, agents, 1))
    z = (returns - returns.mean(axis=1, keepdims=True)) / returns.std(axis=1, keepdims=True)
    signal = np.zeros((days + DELAY, agents, 1))
    signal[:days, :, 0] = z
    return 50.0 + 10.0 * (correlation * signal + np.sqrt(1 - correlation**2) * noise)


def rows(walked: Prediction) -> list[Prediction]:
    """A walk as one prediction a day."""
    names = [field.name for field in fields(walked)]
    return [Prediction(*(getattr(walked, name)[t] for name in names)) for t in range(len(walked.u))]


def sharpe_of(predictions: list[Prediction] | None, returns: np.ndarray) -> float:
    """Annual net Sharpe ratio of eq. (8), 10 bp per unit of change; equal weights without predictions."""
    days, agents = returns.shape
    weights = np.full((days, agents), 1.0 / agents)
    for newest, prediction in enumerate((predictions or [])[: days - DELAY]):
        weights[newest + DELAY] = shares(utilities(prediction))
    change = np.abs(np.diff(weights, axis=0, prepend=np.zeros((1, agents)))).sum(axis=1)
    net = (weights * returns).sum(axis=1) - COST * change
    return float(net.mean() / net.std(ddof=1) * np.sqrt(252))


@dataclass(frozen=True)
class Sources:
    """Daily scores (days, 6) of `paper_sum`, and the tokens of each factor."""

    scores: np.ndarray
    tokens: np.ndarray


def planted_sources(seed: int, days: int = 320, *, skill: float = 1.0) -> Sources:
    """Poisson headlines on 20 names rated -2..2; the last source loses its skill half-way."""
    random = np.random.default_rng([seed, 1])
    z = random.standard_t(5, (days, 20)) * np.sqrt(3 / 5)
    percent = 100 * (random.normal(0.0003, 0.008, (days, 1)) + 0.018 * z)
    scores, tokens = np.zeros((days, 6)), np.zeros((days, 6), dtype=np.int64)
    for day in range(days):
        for source in range(6):
            rho = RHO[source] * skill * (not (source == DIES and day >= days // 2))
            count = max(1, random.poisson(18 if source == NOISE[1] else 12))
            names = random.integers(0, 20, count)
            latent = rho * z[day, names] + np.sqrt(1 - rho**2) * random.standard_normal(count)
            rating = np.digitize(latent, [-1.2, -0.4, 0.4, 1.2]) - 2
            scores[day, source] = float((rating * percent[day, names]).sum())
            tokens[day, source] = 45 * count
    return Sources(scores, tokens)


def chosen_shares(world: Sources, predictor: Any, *, burn: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """(6,) share of days each source is read after `burn`, and u (days, 6) by decision day."""
    days = len(world.scores)
    u = np.full((days, 6), np.nan)
    plan, charge, counted = Rebuild(Knapsack(), every=3), None, np.zeros(6)
    walked = rows(predictor.walk(world.scores)) if hasattr(predictor, "walk") else None
    for day in range(DELAY, days):
        known = day - DELAY
        prediction = walked[known] if walked else predictor.predict(world.scores[: known + 1])
        u[day] = utilities(prediction)
        offers = Offers(u[day], world.tokens[day], CAPACITY, day)
        charge = plan.choose(offers, charge)
        if day >= burn:
            counted[list(plan.read(charge, offers))] += 1
    return counted / (days - burn), u
