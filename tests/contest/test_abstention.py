"""An agent that abstains holds nothing; what it must sell for that is its own loss, and is not forgotten."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.agent import Decision
from quantrl.contest import Clock, ContestView, load_planted
from quantrl.contest.config import ContestConfig
from quantrl.contest.entrants import Entrants
from quantrl.contest.predict.matrix import matrix
from quantrl.contest.world import account
from quantrl.selection.field import Field
from quantrl.selection.pipeline import Pipeline
from quantrl.selection.timeline import Timeline

HELD, LAST = 3, 8


def test_the_sale_is_charged_and_the_days_after_are_no_days_of_it() -> None:
    panel, docs = load_planted(0, n_days=LAST + 2)
    clock, n = Clock.of_panel(panel), panel.n_instruments
    who = Entrants.of(["contest/researcher:catalyst"], seed=0)
    config = ContestConfig(start="2030-01-03", end="2030-01-08", agents=["contest/researcher:catalyst"])
    field = Field(
        who.labels,
        who.kinds,
        n,
        Timeline(panel, "next_open"),
        account(config, config.mechanism),
        Pipeline.default(seed=0, periods_per_year=252.0),
    )
    reveal = panel.reveal()
    for bar in range(LAST):
        field.arrive(bar, panel["close"][bar], panel["open"][bar])
        now = clock.d(bar + 1)
        view = ContestView(reveal.at(now), docs.as_of(now))
        wanted = Decision(np.eye(n)[0] * 0.5) if bar < HELD else Decision.cash(n)
        asked = who.ask(view, field.known_holdings(bar), {0: wanted})
        field.decide(bar, asked.poll, panel["close"][bar], panel["open"][bar])
    rows = field.ledger.as_of(int(panel.time[LAST])).rows
    acted, cost, gross = (rows[name].tolist() for name in ("acted", "cost", "gross"))
    assert acted == [1] * (HELD + 1) + [0] * (len(acted) - HELD - 1)
    assert cost[HELD] > 0
    assert gross[HELD] == pytest.approx(0.0, abs=1e-12)
    assert cost[HELD + 1 :] == [0.0] * (len(acted) - HELD - 1)
    scores = matrix(field.ledger.as_of(int(panel.time[LAST])), 1).scores[:, 0]
    assert scores[HELD] == pytest.approx(-cost[HELD])
    assert np.isnan(scores[HELD + 1 :]).all()
