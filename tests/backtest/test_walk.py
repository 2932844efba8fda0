from __future__ import annotations

import numpy as np
import pytest

from backtest.markets import FILLS, columns, decisions, panel_of
from quantrl.agent import Decision
from quantrl.backtest import Costs, run_agent, run_weights
from quantrl.data import View
from quantrl.errors import ConfigError, DataError, OrderError
from quantrl.typing import FloatArray


class Scripted:
    """Decides what it was told to, and remembers what it saw."""

    def __init__(self, weights: FloatArray) -> None:
        self.weights = weights
        self.seen: list[View] = []

    def decide(self, view: View) -> Decision:
        self.seen.append(view)
        return Decision(self.weights[view.n - 1])


class TopUp:
    """Adds to what it holds: its decisions depend on `held`."""

    def decide(self, view: View) -> Decision:
        wanted = view.held + 0.05
        return Decision(wanted / max(1.0, float(wanted.sum())))


@pytest.mark.parametrize("fill", FILLS)
def test_an_agent_is_its_weights(fill: str) -> None:
    panel, weights = panel_of(columns(1)), decisions(1, 40, 5)
    options = {"fill": fill, "costs": Costs(bps=20, minimum=5.0), "keep": "full"}
    result = run_agent(Scripted(weights), panel, **options)
    assert result.digest() == run_weights(panel, weights, **options).digest()
    assert result.kept is not None
    assert result.audit().breaches == 0


@pytest.mark.parametrize("fill", FILLS)
def test_held_is_what_the_account_holds_before_it_decides(fill: str) -> None:
    panel, agent = panel_of(columns(2)), Scripted(decisions(2, 40, 5))
    result = run_agent(agent, panel, fill=fill)
    close = panel["close"]
    for t, view in enumerate(agent.seen):
        known = t if fill != "close" else t - 1
        units = result.units[known] if known >= 0 else np.zeros(5)
        cash = result.cash[known] if known >= 0 else 1e6
        value = units * close[t]
        assert np.allclose(view.held, value / (cash + value.sum()), rtol=1e-12, atol=0.0)
    assert sum(view.held.sum() > 0 for view in agent.seen) > 30


def test_decisions_that_depend_on_what_is_held_are_reproduced() -> None:
    panel = panel_of(columns(3))
    first, second = (run_agent(TopUp(), panel, fill="next_open") for _ in range(2))
    assert first.digest() == second.digest()
    assert first.gross[-1] > 0.9


def test_every_view_ends_at_its_bar() -> None:
    panel, agent = panel_of(columns(4)), Scripted(decisions(4, 40, 5))
    run_agent(agent, panel)
    assert [view.n for view in agent.seen] == list(range(1, 41))
    assert [view.now for view in agent.seen] == panel.time.tolist()


class Returns:
    def __init__(self, answer: object) -> None:
        self.answer = answer

    def decide(self, view: View) -> Decision:
        return self.answer if view.n == 7 else Decision.hold(5)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (np.zeros(5), "bar 6: expected a Decision, got ndarray"),
        (Decision(np.full(5, 0.3)), "bar 6: weights sum to 1.5, more than 1"),
        (Decision(np.zeros(4)), r"bar 6: expected weights of shape \(5,\)"),
        (Decision(np.array([0, 0, -0.1, 0, 0])), "bar 6: weight -0.1 is negative"),
    ],
)
def test_a_decision_that_cannot_be_held_names_its_bar(answer: object, message: str) -> None:
    with pytest.raises(OrderError, match=message):
        run_agent(Returns(answer), panel_of(columns(5)))


def test_an_agent_needs_a_panel() -> None:
    with pytest.raises(DataError, match="an agent needs a Panel, got ndarray"):
        run_agent(TopUp(), columns(5)["close"], fill="close", periods_per_year=252)
    with pytest.raises(ConfigError, match="keep"):
        run_agent(TopUp(), panel_of(columns(5)), keep="all")
