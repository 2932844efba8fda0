"""S1: who of 40 is better than cash, by 1,000 bootstraps, beside arch's test."""

from __future__ import annotations

import hashlib
import importlib
from typing import Any

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.metrics import superiority
from quantrl.selection import lab
from quantrl.typing import FloatArray

OURS, PEER = "superiority", "arch SPA"
DRAWS = {"full": 1000, "small": 200}
DAYS = 504
BLOCK = 10
_APART = 0.03


def case(size: str) -> RateCase:
    """A pool with skill. Ours gives SPA, reality check and step-down names; the peer its three p-values."""
    returns = lab.draw("P1", seeds=1, days=DAYS).returns[0]
    scaled = returns / returns.std(axis=0)
    digest = hashlib.sha256(scaled.tobytes()).hexdigest()
    draws, goal = DRAWS[size], Goal(OURS, 6.0, PEER)
    title = f"SPA and StepM, {draws:,} bootstraps x {scaled.shape[1]} agents x {DAYS} days, one thread"

    def ours() -> FloatArray:
        found = superiority(scaled, draws=draws, block=float(BLOCK))
        return np.array([found.spa, found.white])

    contender = Contender(OURS, ours, draws)
    try:
        bootstrap: Any = importlib.import_module("arch.bootstrap")
    except ImportError as error:
        absent = {PEER: f"not installed here ({error})"}
        return RateCase("S1", title, "bootstraps", (contender,), (goal,), (), absent, digest)

    def theirs() -> FloatArray:
        # It takes losses and does not studentise; the columns are divided by their deviation above.
        test = bootstrap.SPA(
            np.zeros(DAYS), -scaled, block_size=BLOCK, reps=draws, bootstrap="stationary", seed=1
        )
        test.compute()
        return np.array([test.pvalues["consistent"], test.pvalues["upper"]])

    checks = (Check("p-values", ours, theirs, _APART),)
    peers = (contender, Contender(PEER, theirs, draws))
    return RateCase("S1", title, "bootstraps", peers, (goal,), checks, sha256=digest)
