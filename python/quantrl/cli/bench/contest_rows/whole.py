"""C7: a whole contest on the planted world, from headlines to tables; reported, beside nobody."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Goal, RateCase
from quantrl.contest.config import ContestConfig
from quantrl.contest.contest_trade import ContestTrade
from quantrl.contest.research_team.beliefs import beliefs
from quantrl.contest.sources.planted import BUDGET_TOKENS, planted_world
from quantrl.units import iso_date

OURS = "ContestTrade, rules"
DAYS = {"full": 60, "small": 2}
LIMIT_S = 20.0


def case(size: str) -> RateCase:
    """Days a second with six readers, six researchers and five judges."""
    days = DAYS[size]
    world = planted_world(0, n_days=days + 2)
    panel, docs = world.panel, world.docs
    config = ContestConfig(
        start=iso_date(int(panel.time[1])),
        end=iso_date(int(panel.time[days])),
        agents=[f"contest/researcher:{name}" for name in beliefs()],
        contest={"context": {"capacity": BUDGET_TOKENS}},
    )

    def call() -> str:
        with tempfile.TemporaryDirectory(prefix="quantrl-bench-") as folder:
            return ContestTrade(config, root=folder).run(panel, docs, out=Path(folder) / "run").digest()

    return RateCase(
        "C7",
        f"a contest of {days} planted days: {len(docs.sources)} data agents, {len(config.agents)} researchers, 5 judges",
        "days",
        (Contender(OURS, call, days),),
        (Goal(OURS, DAYS["full"] / LIMIT_S),),
        sha256=hashlib.sha256(docs.sha256.encode()).hexdigest(),
        once=True,
    )
