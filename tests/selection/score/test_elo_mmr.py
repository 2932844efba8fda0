"""Elo-MMR against a player-by-player reference, the likelihoods it maximises, and the package elo-mmr-py."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from quantrl.errors import ConfigError
from quantrl.selection import Ledger
from quantrl.selection.score._elo import Ratings, performances
from quantrl.selection.score.elo_mmr import EloMmr
from reference.elo_mmr import Player, log_likelihood, log_posterior, rate

PLAYERS, CONTESTS = 12, 30


def results(seed: int, contests: int = CONTESTS) -> list[tuple[np.ndarray, np.ndarray]]:
    """Who took part and how well; many ties."""
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(contests):
        who = np.flatnonzero(rng.random(PLAYERS) < 0.7)
        who = who if len(who) > 1 else np.arange(2)
        drawn.append((who, np.round(rng.standard_normal(len(who)) * 2 + who / 4)))
    return drawn


@pytest.mark.parametrize("weight", [0.2, 0.0025])
@pytest.mark.parametrize(
    ("history", "split", "drift"), [(None, False, 0.0), (7, False, 30.0), (None, True, 5.0)]
)
def test_equals_the_reference(weight: float, history: int | None, split: bool, drift: float) -> None:
    ratings, players = Ratings(weight, drift, history, split), {i: Player() for i in range(PLAYERS)}
    ratings.grow(PLAYERS)
    last = np.zeros(PLAYERS)
    for day, (who, result) in enumerate(results(3), start=1):
        ratings.play(who, result, day - last[who])
        waited = dict(zip(who.tolist(), (day - last[who]).tolist(), strict=True))
        scored = dict(zip(who.tolist(), result.tolist(), strict=True))
        rate(players, scored, weight=weight, drift=drift, days=waited, history=history, split_ties=split)
        last[who] = day
    np.testing.assert_allclose(ratings.mean, [players[i].mu for i in range(PLAYERS)], rtol=1e-12)
    np.testing.assert_allclose(ratings.sd, [players[i].sigma for i in range(PLAYERS)], rtol=1e-12)


def test_performances_and_ratings_are_the_likeliest() -> None:
    rng = np.random.default_rng(4)
    mean, variance = rng.normal(1500, 300, 8), rng.uniform(200, 900, 8) ** 2
    result = np.array([3.0, 1, 1, 2, 0, 0, 0, -1])
    found = performances(mean, variance, result, 2.0)
    for i, p in enumerate(found):
        rivals = list(zip(mean, variance, np.sign(result[i] - result), strict=True))
        best = minimize_scalar(
            lambda x, rivals=rivals: -log_likelihood(x, rivals),
            bounds=(-6000, 9000),
            method="bounded",
            options={"xatol": 1e-8},
        )
        assert p == pytest.approx(best.x, abs=1e-3)
    players = {i: Player() for i in range(PLAYERS)}
    for who, scored in results(5, 10):
        rate(players, dict(zip(who.tolist(), scored.tolist(), strict=True)), weight=0.2)
    for player in players.values():
        best = minimize_scalar(
            lambda x, player=player: -log_posterior(x, player), bounds=(0, 3000), method="bounded"
        )
        assert player.mu == pytest.approx(best.x, abs=1e-2)


@pytest.mark.parametrize("weight", [0.2, 0.0025])
@pytest.mark.parametrize("split", [False, True])
def test_equals_elo_mmr_py(weight: float, split: bool) -> None:
    peer = pytest.importorskip("elo_mmr_py", reason="elo-mmr-py is not installed here")
    ratings, contests = Ratings(weight, 0.0, None, split), []
    ratings.grow(PLAYERS)
    for at, (who, result) in enumerate(results(6)):
        ratings.play(who, result, np.ones(len(who)))
        better = (result[:, None] < result).sum(axis=1)
        level = (result[:, None] == result).sum(axis=1)
        rows = zip(who.tolist(), better.tolist(), level.tolist(), strict=True)
        standings = sorted(((f"p{i}", b, b + n - 1) for i, b, n in rows), key=lambda row: row[1:])
        contests.append(peer.Contest(standings=standings, name=str(at), time_seconds=at * 86_400))
    config = peer.EloMmrConfig(system="mmr", weight_limit=weight, drift_per_day=0.0, split_ties=split)
    theirs = peer.rate_latest(contests, config)
    for i in range(PLAYERS):
        assert ratings.mean[i] == pytest.approx(theirs[f"p{i}"].mu, abs=1e-6)
        assert ratings.sd[i] == pytest.approx(theirs[f"p{i}"].sig, abs=1e-6)


def test_the_scorer_rates_who_acted_by_scaled_returns() -> None:
    rng, made = np.random.default_rng(8), Ledger([f"a{i}" for i in range(6)], overlap=1)
    scorer, players, last = (
        EloMmr(history=20, drift=2.0),
        {i: Player() for i in range(6)},
        dict.fromkeys(range(6), 0),
    )
    for day in range(80):
        acted = rng.random(6) < 0.6
        gross = np.where(acted, rng.standard_t(4, 6) * 0.01 + np.arange(6) * 0.004, 0.0)
        own = {"agent": np.arange(6), "decided": day, "effective": day, "matured": day + 1}
        made.append({**own, "gross": gross, "acted": acted})
        (matured,) = scorer.update(made.as_of(day + 1)).rounds
        if acted.sum() < 2:
            continue
        who = np.flatnonzero(acted).tolist()
        scored, waited = {i: float(matured.x[i]) for i in who}, {i: day + 1 - last[i] for i in who}
        rate(players, scored, weight=0.0025, drift=2.0, days=waited, history=20)
        last.update(dict.fromkeys(who, day + 1))
    frame = scorer.scores()
    assert frame.ready.all()
    np.testing.assert_allclose(frame.sd, [players[i].sigma for i in range(6)], rtol=1e-12)
    shown = [players[i].mu - 3 * (players[i].sigma - 80) for i in range(6)]
    np.testing.assert_allclose(frame.mean, shown, rtol=1e-11)
    assert frame.mean[5] > frame.mean[0]


@pytest.mark.parametrize("n", [50, 2])
def test_a_clear_winner_has_a_finite_rating(n: int) -> None:
    ratings = Ratings(0.2, 0.0, 5, False)
    ratings.grow(n)
    for _ in range(30):
        ratings.play(np.arange(n), np.arange(n) * 1.0, np.ones(n))
    assert np.isfinite(ratings.mean).all()
    assert (np.diff(ratings.mean) > 0).all()
    assert ratings.mean.sum() == pytest.approx(1500 * n, rel=1e-9)
    assert ratings.sd.max() < 200


def test_the_least_uncertainty_is_80() -> None:
    ratings = Ratings(0.2, 0.0, 3, False)
    ratings.grow(4)
    for _ in range(100):
        ratings.play(np.arange(4), np.zeros(4), np.ones(4))
    np.testing.assert_allclose(ratings.sd, 80.0, rtol=1e-6)
    np.testing.assert_allclose(ratings.mean, 1500.0)


@pytest.mark.parametrize("bad", [{"weight": 0.0}, {"weight": math.inf}, {"drift": -1.0}, {"history": 0}])
def test_settings_out_of_range(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        EloMmr(**bad)  # type: ignore[arg-type]
