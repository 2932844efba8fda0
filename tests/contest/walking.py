"""A contest of entrants day by day, without documents' teams: what a runner does, in one loop."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from quantrl.agent import Decision
from quantrl.backtest.market_costs import market
from quantrl.backtest.settings import Settings
from quantrl.contest import ContestView
from quantrl.contest.allocate import PaperShares
from quantrl.contest.entrants import Asked, Entrants
from quantrl.contest.predict.ew import Ew
from quantrl.contest.predict.scorer import PredictorScorer
from quantrl.selection.field import Field
from quantrl.selection.gate.standard import Standard
from quantrl.selection.pipeline import Pipeline
from quantrl.selection.rank.identity import Identity
from quantrl.selection.select.top_k import TopK
from quantrl.selection.timeline import Timeline

US = market("us").costs(dt.date(2030, 1, 2))
Researched = Callable[[ContestView], Mapping[int, Decision]]


@dataclass
class Walk:
    """A contest and everything that was answered."""

    field: Field
    asked: list[Asked] = field(default_factory=list)
    faulty: list[list[int]] = field(default_factory=list)
    shares: list[np.ndarray] = field(default_factory=list)

    def rows(self, agent: int) -> np.ndarray:
        rows = self.field.ledger.as_of(int(self.field.timeline.time[-1])).rows
        return rows[rows["agent"] == agent]


def walk(planted, who: Entrants, researched: Researched | None = None, *, days: int | None = None) -> Walk:
    panel, docs, clock = planted
    reveal, days = panel.reveal(), days or panel.n_bars
    pipeline = Pipeline(
        scorer=PredictorScorer(Ew(63)),
        aggregator=Identity(hysteresis=0.0),
        gate=Standard(psr_enter=0.0, psr_stay=0.0, cusum_cut=1e9),
        selector=TopK(len(who.members)),
        allocator=PaperShares(),
        vesting=1.0,
        probation=1.0,
    )
    settings = Settings("next_open", "post_cost", US, 1e6)
    n = panel.n_instruments
    found = Walk(Field(who.labels, who.kinds, n, Timeline(panel, "next_open"), settings, pipeline))
    for bar in range(days - 1):
        close, price, now = panel["close"][bar], panel["open"][bar], clock.d(bar + 1)
        found.field.arrive(bar, close, price)
        view = ContestView(reveal.at(now), docs.as_of(now))
        held = found.field.known_holdings(bar)
        asked = who.ask(view, held, researched(view) if researched else {})
        outcome = found.field.judge(bar, asked.poll, held)
        found.asked.append(asked)
        found.faulty.append(outcome.faulty)
        found.shares.append(outcome.step.weights)
        found.field.decide(bar, asked.poll, close, price)
    found.field.arrive(days - 1, panel["close"][days - 1], panel["open"][days - 1])
    return found
