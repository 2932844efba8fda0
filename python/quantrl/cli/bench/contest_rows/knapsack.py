"""C2: which factors fit the context, exactly, beside scipy's integer programming at gap 0."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.contest.context import CAPACITY, Offers, build
from quantrl.rng import generator
from quantrl.typing import FloatArray

OURS, PEER = "knapsack", "scipy.optimize.milp"
INSTANCES = {"full": 20, "small": 3}
ITEMS = {"full": 50, "small": 12}
_STREAM = 9021


def case(size: str) -> RateCase:
    """Utilities and lengths as a contest has them, 50 offers under 16,000 tokens."""
    offers = [_offers(ITEMS[size], instance) for instance in range(INSTANCES[size])]
    digest = hashlib.sha256(b"".join(o.u.tobytes() + o.tokens.tobytes() for o in offers)).hexdigest()
    ours = Contender(OURS, lambda: _ours(offers), len(offers))
    title = f"exact knapsack, {len(offers)} instances of {ITEMS[size]} offers, {CAPACITY:,} tokens"
    try:
        optimize = importlib.import_module("scipy.optimize")
    except ImportError as error:
        absent = {PEER: f"not installed here ({error})"}
        return RateCase("C2", title, "instances", (ours,), (Goal(OURS, 5.0, PEER),), (), absent, digest)
    theirs = _theirs(optimize, offers)
    return RateCase(
        "C2",
        title,
        "instances",
        (ours, Contender(PEER, theirs, len(offers))),
        (Goal(OURS, 5.0, PEER),),
        (Check("the optimum", lambda: _ours(offers), theirs, 1e-9),),
        sha256=digest,
    )


def _offers(n: int, instance: int) -> Offers:
    random = generator(0, _STREAM, "synthetic", draw=instance)
    return Offers(random.random(n), random.integers(200, 4_001, n), CAPACITY, instance)


def _ours(offers: list[Offers]) -> FloatArray:
    """(instances,) utility of the chosen."""
    knapsack = build("knapsack")
    return np.array([o.u[list(knapsack.choose(o))].sum() for o in offers])


def _theirs(optimize: Any, offers: list[Offers]) -> Callable[[], FloatArray]:
    bounds = optimize.Bounds(0, 1)
    problems = [(o, optimize.LinearConstraint(o.tokens[None, :] * 1.0, 0, o.capacity)) for o in offers]

    def call() -> FloatArray:
        found = []
        for o, limit in problems:
            options = {"mip_rel_gap": 0.0}
            whole = np.ones(len(o.u))
            solved = optimize.milp(-o.u, constraints=limit, integrality=whole, bounds=bounds, options=options)
            found.append(float(o.u[np.round(solved.x) > 0].sum()))
        return np.array(found)

    return call
