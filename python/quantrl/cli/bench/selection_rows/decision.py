"""S6: what the selection layer adds to a decision of a contest: view, five steps, a line of the trail."""

from __future__ import annotations

import hashlib

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Goal, RateCase
from quantrl.selection import Ledger, Pipeline, lab
from quantrl.selection.audit import AuditTrail
from quantrl.typing import FloatArray

OURS = "decide"
DAYS = {"full": 1008, "small": 80}


def case(size: str) -> RateCase:
    """40 agents of P1, every row known the next day; all decisions from the first on, trail encoded and chained."""
    pools = lab.draw("P1", seeds=1, days=DAYS[size])
    returns = np.ascontiguousarray(pools.returns[0])
    days, n = returns.shape
    ledger = Ledger([f"a{i}" for i in range(n)], overlap=1)
    for day, row in enumerate(returns):
        when = {"decided": day, "effective": day, "matured": day + 1}
        ledger.append({"agent": np.arange(n), **when, "gross": row})

    def decide() -> FloatArray:
        pipeline = Pipeline.default()
        trail = AuditTrail({"seed": 0, "pipeline": pipeline.settings()})
        for day in range(days):
            view = ledger.as_of(day)
            step = pipeline.step(view, day)
            trail.add(view, step, dict)
        assert len(trail.lines) == days
        return step.weights

    title = f"a decision of {n} agents with its line of the trail, {days:,} of them, one thread"
    digest = hashlib.sha256(returns.tobytes()).hexdigest()
    contenders = (Contender(OURS, decide, days),)
    return RateCase("S6", title, "decisions", contenders, (Goal(OURS, 1000.0),), (), sha256=digest)
