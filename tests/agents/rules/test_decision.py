"""The schedule of a rule and the decisions on its odd bars."""

from __future__ import annotations

import numpy as np

from quantrl.agents.rules._decision import decision, waiting

NAN = float("nan")


def test_cash_before_enough_history_even_on_a_scheduled_bar(view_of):
    wait = waiting(view_of(np.ones((4, 2))), needed=5, every=2)
    assert wait is not None
    assert wait.weights.tolist() == [0, 0]


def test_hold_between_scheduled_bars(view_of):
    wait = waiting(view_of(np.ones((5, 2))), needed=5, every=2)
    assert wait is not None
    assert np.isnan(wait.weights).all()


def test_decides_when_the_bar_count_is_a_multiple(view_of):
    assert waiting(view_of(np.ones((6, 2))), needed=5, every=2) is None


def test_holds_when_the_whole_market_has_no_price(view_of):
    shut = view_of([[1.0, 2.0], [NAN, NAN]])
    assert np.isnan(decision(shut, np.zeros(2), "x", np.full(2, np.nan)).weights).all()


def test_goes_to_cash_when_one_name_still_trades(view_of):
    open_for_one = view_of([[1.0, 2.0], [NAN, 2.0]])
    assert decision(open_for_one, np.zeros(2), "x", np.zeros(2)).weights.tolist() == [0, 0]


def test_evidence_names_the_largest_positions_and_skips_unknown_values(view_of):
    weights, values = np.array([0.1, 0.4, 0.2, 0.3]), np.array([1.0, 2.0, 3.0, NAN])
    evidence = decision(view_of(np.ones((1, 4))), weights, "x", values).evidence
    assert [(item.source, item.value) for item in evidence] == [("N1", 2.0), ("N2", 3.0)]
