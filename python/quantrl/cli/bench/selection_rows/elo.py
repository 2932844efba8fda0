"""S5: Elo-MMR of 40 players who remember 100 contests, beside elo-mmr-py."""

from __future__ import annotations

import hashlib
import importlib
from typing import Any

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.rng import generator
from quantrl.selection.score._elo import Ratings
from quantrl.typing import FloatArray

OURS, PEER = "EloMmr", "elo-mmr-py mmr-fast"
PLAYERS, HISTORY, WEIGHT = 40, 100, 0.0025
CONTESTS = {"full": 200, "small": 6}
_DAY = 86_400
_STREAM = 9032


def case(size: str) -> RateCase:
    """Everybody takes part in every contest; ratings are compared where nobody has forgotten anything yet."""
    shape = (CONTESTS[size], PLAYERS)
    results = generator(0, _STREAM, "synthetic").standard_normal(shape) + np.arange(PLAYERS) / 20
    title = f"Elo-MMR, {shape[0]} contests of {PLAYERS} players, history {HISTORY}"
    digest = hashlib.sha256(results.tobytes()).hexdigest()

    def ours(last: int, history: int | None) -> FloatArray:
        ratings = Ratings(WEIGHT, 0.0, history, False)
        ratings.grow(PLAYERS)
        for result in results[:last]:
            ratings.play(np.arange(PLAYERS), result, np.ones(PLAYERS))
        return ratings.mean

    mine = Contender(OURS, lambda: ours(len(results), HISTORY), shape[0])
    goal = Goal(OURS, 2.0, PEER)
    try:
        peer: Any = importlib.import_module("elo_mmr_py")
    except ImportError as error:
        absent = {PEER: f"not installed here ({error})"}
        return RateCase("S5", title, "contests", (mine,), (goal,), (), absent, digest)
    contests = [_contest(peer, result, at) for at, result in enumerate(results)]

    def theirs(last: int, system: str) -> FloatArray:
        config = peer.EloMmrConfig(system=system, weight_limit=WEIGHT, drift_per_day=0.0, split_ties=False)
        found = peer.rate_latest(contests[:last], config)
        return np.array([found[f"p{i}"].mu for i in range(PLAYERS)])

    few = min(len(results), 20)
    checks = (Check("ratings", lambda: ours(few, None), lambda: theirs(few, "mmr"), 1e-9),)
    both = (mine, Contender(PEER, lambda: theirs(len(results), "mmr-fast"), shape[0]))
    return RateCase("S5", title, "contests", both, (goal,), checks, sha256=digest)


def _contest(peer: Any, result: FloatArray, at: int) -> Any:
    order = np.argsort(-result, kind="stable").tolist()
    standings = [(f"p{agent}", place, place) for place, agent in enumerate(order)]
    return peer.Contest(standings=standings, name=str(at), time_seconds=at * _DAY)
