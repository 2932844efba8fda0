from __future__ import annotations

from typing import Any

import pytest

from contest.research_team.worlds import desk_of, double
from quantrl.contest.llm.protocol import Request
from quantrl.contest.research_team.agent import ResearchAgent
from quantrl.contest.research_team.beliefs import Belief, agent_id, belief, beliefs, generate_beliefs
from quantrl.contest.tools import DEFAULT
from quantrl.contest.tools.screen import BY
from quantrl.errors import ConfigError, LLMError

DAY = "2030-01-02"
WEIGHTS = {"text": 0.5, "momentum_5": 0.0, "momentum_20": 0, "reversal_1": -1, "volatility": 0.0}


def written(name: str, text: str = "Prices follow whoever speaks last in the room.") -> dict[str, Any]:
    return {"name": name, "text": text, "weights": WEIGHTS}


def test_six_beliefs_with_rules_that_exist() -> None:
    names = ("catalyst", "earnings_drift", "news_momentum", "contrarian", "price_momentum", "low_risk")
    assert tuple(beliefs()) == names
    for each in beliefs().values():
        assert len(each.text) <= 400
        assert set(each.rule["tools"]) <= set(DEFAULT)
        assert len(each.rule["tools"]) <= 5
        assert each.rule["screen"] in BY
        assert len(each.rule["query"]) <= 80
    assert agent_id(belief("low_risk")) == "contest/researcher:low_risk"
    agent = ResearchAgent.of("low_risk")
    assert (agent.id, agent.belief) == ("contest/researcher:low_risk", belief("low_risk").text)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: belief("astrology"), "unknown 'astrology'; choose one of: catalyst"),
        (lambda: Belief("x", "y" * 401), "expected a text of 1 to 400 characters, got 401"),
        (lambda: Belief("x", ""), "expected a text of 1 to 400"),
        (lambda: Belief("x", "y", {"weights": {"moon": 1.0}}), "unknown weight 'moon'"),
        (lambda: Belief("x", "y", {"weights": {"text": float("inf")}}), "expected a finite weight"),
        (lambda: Belief("x", "y", {"leverage": 3}), "unknown parameter 'leverage'"),
        (lambda: ResearchAgent("a", ""), "belief 'a'"),
        (lambda: generate_beliefs(desk_of(), DAY, 21), "expected 1 to 20, got 21"),
    ],
)
def test_what_is_no_belief_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make()


def test_a_model_is_asked_once_and_its_text_is_in_the_id() -> None:
    desk, llm = double(lambda request: {"beliefs": [written("last_word"), written("first_word", "a" * 400)]})
    one, two = generate_beliefs(desk, DAY, 2, taken=["catalyst"])
    assert len(llm.asked) == 1
    assert (one.name, one.rule["weights"]) == ("last_word", WEIGHTS)
    named = ResearchAgent.of(one)
    assert named.id.startswith("contest/researcher:last_word.")
    assert ResearchAgent.of(Belief("last_word", one.text + " ", one.rule)).id != named.id
    assert len(two.text) == 400
    pretender = Belief("catalyst", "Another text under a bundled name.", {})
    assert agent_id(pretender).startswith("contest/researcher:catalyst.")


def test_a_name_that_is_taken_is_asked_for_again() -> None:
    replies = iter([[written("catalyst")], [written("fresh")]])
    desk, llm = double(lambda request: {"beliefs": next(replies)})
    (one,) = generate_beliefs(desk, DAY, 1, taken=["catalyst"])
    assert (one.name, len(llm.asked)) == ("fresh", 2)
    assert "is taken" in llm.asked[1].messages[-1].content


def test_no_answer_is_an_error() -> None:
    def too_long(request: Request) -> Any:
        return {"beliefs": [written("a_b_c", "x" * 401)]}

    with pytest.raises(LLMError, match=r"beliefs: no answer \(schema\)"):
        generate_beliefs(double(too_long)[0], DAY, 1)


def test_the_rules_offer_the_bundled_ones() -> None:
    offered = generate_beliefs(desk_of(), DAY, 8, taken=["catalyst"])
    names = [each.name for each in offered]
    assert names[:5] == list(beliefs())[1:]
    assert names[5:] == ["catalyst_2", "earnings_drift_2", "news_momentum_2"]
    assert offered == generate_beliefs(desk_of(), DAY, 8, taken=["catalyst"])
    assert all(each.text in [known.text for known in beliefs().values()] for each in offered)
