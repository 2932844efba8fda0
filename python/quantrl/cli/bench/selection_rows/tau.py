"""S2: Kendall's tau-b of 40 agents, beside scipy's."""

from __future__ import annotations

import hashlib
import importlib
from typing import Any

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.metrics import kendall_tau
from quantrl.rng import generator
from quantrl.typing import FloatArray

OURS, PEER = "kendall_tau", "scipy.stats.kendalltau"
PAIRS = {"full": 10_000, "small": 100}
AGENTS = 40
_STREAM = 9031


def case(size: str) -> RateCase:
    """Scores without ties against skills with many."""
    random = generator(0, _STREAM, "synthetic")
    shape = (PAIRS[size], AGENTS)
    scores, skills = random.standard_normal(shape), random.integers(0, 4, shape).astype(np.float64)
    digest = hashlib.sha256(scores.tobytes() + skills.tobytes()).hexdigest()
    title, goal = f"Kendall tau-b, {shape[0]:,} pairs of {AGENTS}", Goal(OURS, 20.0, PEER)

    def ours() -> FloatArray:
        return np.array([kendall_tau(x, y) for x, y in zip(scores, skills, strict=True)])

    contender = Contender(OURS, ours, shape[0])
    try:
        stats: Any = importlib.import_module("scipy.stats")
    except ImportError as error:
        absent = {PEER: f"not installed here ({error})"}
        return RateCase("S2", title, "pairs", (contender,), (goal,), (), absent, digest)

    def theirs() -> FloatArray:
        return np.array([stats.kendalltau(x, y).statistic for x, y in zip(scores, skills, strict=True)])

    checks = (Check("tau", ours, theirs, 1e-12),)
    peers = (contender, Contender(PEER, theirs, shape[0]))
    return RateCase("S2", title, "pairs", peers, (goal,), checks, sha256=digest)
