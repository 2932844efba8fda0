from __future__ import annotations

import numpy as np
import pytest

from quantrl import registry
from quantrl.contest import Clock, ContestView, Factor, FactorLine, load_planted
from quantrl.errors import DataError, LookAheadError


def test_a_contest_view_is_a_view_with_text() -> None:
    panel, docs = load_planted(n_days=30)
    clock = Clock.of_panel(panel)
    now = clock.d(25)
    plain, text = panel.as_of(now), docs.as_of(now)
    factor = Factor("courier", 25, (FactorLine("something", (text.window(0)[0].id,)),), 3)
    view = ContestView(plain, text, [factor])
    assert (view.n, view.now, len(view.documents), view.factors) == (25, now, len(text), (factor,))
    held = np.full(20, 0.05)
    moved = view.with_held(held)
    assert isinstance(moved, ContestView)
    assert moved.factors == view.factors
    np.testing.assert_array_equal(moved.held, held)
    agent = registry.build_agent("rules/momentum", {"lookback": 10, "skip": 1})
    np.testing.assert_array_equal(agent.decide(view).weights, agent.decide(plain).weights)
    with pytest.raises(DataError, match="held: expected shape"):
        view.with_held(np.zeros(3))


def test_documents_of_a_later_time_are_refused() -> None:
    panel, docs = load_planted(n_days=10)
    clock = Clock.of_panel(panel)
    ContestView(panel.as_of(clock.d(5)), docs.as_of(clock.d(4)))
    with pytest.raises(LookAheadError, match=f"documents of {clock.d(5) + 1} are shown at {clock.d(5)}"):
        ContestView(panel.as_of(clock.d(5)), docs.as_of(clock.d(5) + 1))
