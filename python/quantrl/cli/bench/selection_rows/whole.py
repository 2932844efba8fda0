"""S3: the lab, pools drawn and every rule walked, on one thread and on two."""

from __future__ import annotations

import hashlib

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.selection import lab
from quantrl.typing import FloatArray

SEEDS = {"full": 120, "small": 4}
RULES = (
    "EqualWeight",
    "FollowTheLeader 1",
    "FollowTheLeader 5",
    "ContestTrade top 3",
    "ContestTrade weights",
    "FinRLQuarterly",
    "RollingSharpe 63",
    "RollingSharpe 252",
    "Hedge",
    "FixedShare",
    "EwSharpeEB",
    "core",
    "default",
    "BestInHindsight",
)
TWO, ONE = "two threads", "one thread"


def case(size: str) -> RateCase:
    """P1, 14 rules, 1,008 days of 40 agents; one second for 120 pools is the goal on two threads."""
    seeds = SEEDS[size]
    title = f"lab: {seeds} pools x {lab.DAYS:,} days x 40 agents x {len(RULES)} rules, drawing included"

    def walk(threads: int) -> FloatArray:
        made = lab.table("P1", RULES, seeds=seeds, threads=threads)
        return np.array([cell.sharpe for cell in made.cells.values()])

    checks = (Check("net Sharpe ratios", lambda: walk(2), lambda: walk(1), 0.0),)
    contenders = (Contender(TWO, lambda: walk(2), seeds), Contender(ONE, lambda: walk(1), seeds))
    digest = hashlib.sha256("\n".join(RULES).encode()).hexdigest()
    return RateCase("S3", title, "pools", contenders, (Goal(TWO, 120.0),), checks, sha256=digest)
