"""Who reads what, in which order, and what comes back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from quantrl.contest.judges.card import Card, Cited
from quantrl.contest.judges.panel import MODES, RUBRICS, judge, judge_names
from quantrl.contest.llm.budget import Budget, Budgets
from quantrl.contest.llm.entry import request_key
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.record import Record
from quantrl.contest.llm.scripted import Scripted
from quantrl.contest.types import Evidence, Signal
from quantrl.errors import ConfigError

DAY = "2030-03-04"


def card(symbol: str, claim: str = "Orders rose", past: tuple[float, ...] = ()) -> Card:
    one = Signal(symbol, "buy", 60, (Evidence("news:aa", claim), Evidence("t01", "up 3 %")), ("thin volume",))
    return Card((one,), {"news:aa": Cited("document", "Orders rose at the firm"), "t01": Cited("tool")}, past)


def grades(low: int) -> dict[str, int]:
    return {rubric: low + k for k, rubric in enumerate(RUBRICS)}


def by_symbol(request: Request) -> Any:
    """10 more for every letter of the alphabet, whatever the order."""
    if "card" in request.payload:
        return grades(10 * (ord(request.payload["card"]["signals"][0]["symbol"]) - ord("A")))
    return {
        "cards": [
            {"card": one["id"], **grades(10 * (ord(one["signals"][0]["symbol"]) - ord("A")))}
            for one in request.payload["cards"]
        ]
    }


@pytest.mark.parametrize("mode", MODES)
def test_scores_land_at_their_agent_judge_and_rubric(desk_of, mode) -> None:
    desk = desk_of(Scripted(by_symbol))
    found = judge([card("A"), None, card("C"), Card(()), card("B")], judge_names(3), mode, desk, DAY, seed=5)
    expected = np.array([0.0, np.nan, 20.0, np.nan, 10.0])[:, None, None] + np.arange(5.0)
    assert np.array_equal(found.scores, np.broadcast_to(expected, (5, 3, 5)), equal_nan=True)
    assert found.by_judge[2].tolist() == [22.0] * 3
    assert found.length.tolist() == [len("Orders roseup 3 %thin volume"), 0, 28, 0, 28]
    assert (found.position[[1, 3]] == -1).all()
    if mode == "pointwise":
        assert (found.position[[0, 2, 4]] == 0).all()
    else:
        assert np.array_equal(np.sort(found.position[[0, 2, 4]], axis=0), np.tile([[0], [1], [2]], 3))


def test_a_judge_sees_neither_name_nor_past_nor_the_names_in_references(desk_of) -> None:
    double = Scripted(by_symbol)
    desk = desk_of(double)
    judge([card("A", past=(0.0123,)), card("B")], judge_names(), "pointwise", desk, DAY, seed=0)
    assert len(double.asked) == 10
    for request in double.asked:
        text = " ".join(message.content for message in request.messages)
        assert "0.0123" not in text
        assert "news:aa" not in text
        assert "e01" in text


def test_past_returns_are_shown_where_the_mode_says_so(desk_of) -> None:
    for mode, shown in (("listwise", False), ("listwise_past", True)):
        double = Scripted(by_symbol)
        desk = desk_of(double)
        judge([card("A", past=(0.0123, -0.02)), card("B")], judge_names(1), mode, desk, DAY, seed=0)
        assert ("0.0123" in double.asked[0].messages[1].content) == shown


def test_the_same_question_to_one_model_is_five_questions(desk_of) -> None:
    double = Scripted(by_symbol)
    desk = desk_of(double)
    judge([card("A")], judge_names(), "pointwise", desk, DAY, seed=0)
    assert len({request.messages for request in double.asked}) == 1
    assert sorted(request.sample for request in double.asked) == [0, 1, 2, 3, 4]
    assert len({request_key(request) for request in double.asked}) == 5
    assert len({request.place for request in double.asked}) == 5


def test_five_samples_are_recorded_apart_and_replayed(desk_of, tmp_path) -> None:
    counted = iter(range(100))
    record = Record(tmp_path)
    desk = desk_of(Scripted(lambda _: grades(next(counted))), record=record, mode="record", concurrency=1)
    live = judge([card("A")], judge_names(), "pointwise", desk, DAY, seed=0)
    assert live.scores[0, :, 0].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    again = desk_of(None, record=Record(tmp_path), mode="replay")
    replayed = judge([card("A")], judge_names(), "pointwise", again, DAY, seed=0)
    assert replayed.scores.tobytes() == live.scores.tobytes()


def test_each_judge_and_day_has_an_order_of_its_own(desk_of) -> None:
    cards = [card(letter) for letter in "ABCDEFGH"]

    def orders(seed: int, number: int) -> list[list[int]]:
        desk = desk_of(Scripted(by_symbol))
        found = judge(cards, judge_names(), "listwise", desk, DAY, seed, number=number)
        return found.position.T.tolist()

    first = orders(3, 0)
    assert first == orders(3, 0)
    assert len({tuple(order) for order in first}) == 5
    assert orders(4, 0) != first
    assert orders(3, 1) != first


def test_names_of_agents_and_places_change_no_score(desk_of) -> None:
    double = Scripted(None)
    desk = desk_of(double)
    one = judge([card("A"), card("B")], judge_names(2), "pointwise", desk, DAY, seed=0)
    two = judge([None, card("B"), None, card("A")], judge_names(2), "pointwise", desk, "2031-01-01", seed=0)
    assert np.array_equal(one.scores, two.scores[[3, 1]])
    assert len({request_key(request) for request in double.asked}) == 4


def test_a_card_named_twice_is_asked_for_again_and_then_given_up(desk_of) -> None:
    double = Scripted(lambda _: {"cards": [{"card": "c01", **grades(0)}] * 2})
    desk = desk_of(double)
    found = judge([card("A"), card("B")], judge_names(1), "listwise", desk, DAY, seed=0)
    assert np.isnan(found.scores).all()
    assert [(one.card, one.reason) for one in found.missing] == [
        (one.card, "schema") for one in found.missing
    ]
    assert sorted(one.card for one in found.missing) == [0, 1]
    assert "c02" in found.missing[0].detail
    assert len(double.asked) == 3


def test_a_judge_without_budget_abstains_alone(desk_of) -> None:
    desk = desk_of(Scripted(by_symbol), budgets=Budgets(agent=Budget(calls=1)))
    found = judge([card("A"), card("B")], judge_names(2), "pointwise", desk, DAY, seed=0)
    assert not np.isnan(found.scores[0]).any()
    assert np.isnan(found.scores[1]).all()
    assert {one.reason for one in found.missing} == {"budget"}
    rows = found.rows(7, ["x", "y"], judge_names(2))
    assert len(rows) == 10
    assert rows[1] == {
        "day": 7, "agent": "x", "judge": "judge-1", "rubric": "evidence", "score": 1.0, "position": 0, "length": 28,
    }  # fmt: skip


def test_a_small_model_is_shown_less(desk_of) -> None:
    long = card("A", claim="w" * 300)
    double = Scripted(by_symbol)
    desk = desk_of(double, limit=200)
    judge([long], judge_names(1), "pointwise", desk, DAY, seed=0)
    shown = json.loads(double.asked[0].messages[1].content.partition("\n")[2])["card"]["signals"][0]
    texts = [*shown["limitations"], *(item["claim"] for item in shown["evidence"])]
    assert sum(map(len, texts)) <= 200
    assert shown["limitations"] == ["thin volume"]


def test_nobody_to_judge_asks_nothing(desk_of) -> None:
    double = Scripted(by_symbol)
    desk = desk_of(double)
    for mode in MODES:
        found = judge([None, Card(())], judge_names(), mode, desk, DAY, seed=0)
        assert found.scores.shape == (2, 5, 5)
        assert np.isnan(found.scores).all()
    assert double.asked == []


def test_refusals(desk_of) -> None:
    desk = desk_of(Scripted(by_symbol))
    with pytest.raises(ConfigError, match="pairwise"):
        judge([], judge_names(), "pairwise", desk, DAY, seed=0)
    for names in ((), ("a", "a")):
        with pytest.raises(ConfigError, match="distinct"):
            judge([], names, "pointwise", desk, DAY, seed=0)
