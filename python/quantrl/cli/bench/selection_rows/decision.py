"""S6: what the selection layer adds to a decision of a contest: view, five steps, a line of the trail."""

from __future__ import annotations

import hashlib

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.config import SelectionConfig
from quantrl.selection import Ledger, Pipeline, lab
from quantrl.selection.audit import AuditTrail
from quantrl.typing import FloatArray

OURS = "decide"
_AS_IN_THE_LAB = SelectionConfig(top_k=5, vesting=1.0, probation=1.0, drawdown_cut=1e9)
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

    def decide(config: SelectionConfig | None = None) -> FloatArray:
        pipeline = Pipeline.default(config)
        trail = AuditTrail({"seed": 0, "pipeline": pipeline.settings()})
        for day in range(days):
            view = ledger.as_of(day)
            step = pipeline.step(view, day)
            trail.add(view, step, dict)
        assert len(trail.lines) == days
        return step.weights

    def walked() -> FloatArray:
        found = lab.run(pools, [lab.RULES["default"]], weights=True)[0].weights
        assert found is not None
        last: FloatArray = found[0, -1]
        return last

    checks = (Check("weights beside the lab's", lambda: decide(_AS_IN_THE_LAB), walked, 1e-12),)
    title = f"a decision of {n} agents with its line of the trail, {days:,} of them, one thread"
    digest = hashlib.sha256(returns.tobytes()).hexdigest()
    contenders = (Contender(OURS, decide, days),)
    return RateCase("S6", title, "decisions", contenders, (Goal(OURS, 1000.0),), checks, sha256=digest)
