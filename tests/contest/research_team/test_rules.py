"""What the rules do in the place of a model, in a world whose news mean something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from quantrl.contest import Clock, ContestView, Factor, FactorLine, load_planted
from quantrl.contest.analysts.rules import Rules, answer
from quantrl.contest.analysts.rules._belief import Opinion, Rule, opinions
from quantrl.contest.desk import Desk
from quantrl.contest.llm.waves import Waves
from quantrl.contest.research_team.agent import ResearchAgent, research
from quantrl.contest.research_team.beliefs import beliefs
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.research_team.recheck import check_steps
from quantrl.contest.research_team.work import SignalWork
from quantrl.contest.tokens import count

DAYS = 60
FEATURES = {
    "AAA": ["AAA", 2.0, 1.0, 0.0, 1.0, 2],
    "BBB": ["BBB", 0.0, 1.0, 0.0, 1.0, 1],
    "CCC": ["CCC", -2.0, 1.0, 0.0, None, 0],
}
FACTORS = [
    {
        "source": "desk",
        "lines": [
            {"id": "f001", "text": "AAA posts record profit and strong orders", "symbols": ["AAA"]},
            {"id": "f002", "text": "AAA reports a delay", "symbols": ["AAA"]},
            {"id": "f003", "text": "BBB plunges after heavy losses", "symbols": ["BBB"]},
        ],
    }
]


def payload(rule: dict[str, Any], **more: Any) -> dict[str, Any]:
    limits = {"signals": 5, "evidence": 20, "claim": 300, "limitations": 5, "limitation": 200}
    given: dict[str, Any] = {
        "rule": rule,
        "features": FEATURES,
        "factors": FACTORS,
        "steps": [],
        "limits": limits,
    }
    return given | more


def test_scores_by_hand() -> None:
    """Tones 2, -1 on AAA and -2 on BBB: (2 - 1)/3 and -2/2; z of 2, 0, -2 is +-1.2247."""
    found = opinions(payload({}), Rule(weights={"text": 0.5, "momentum_5": 0.2, "volatility": 1.0}))
    scores = {one.symbol: one.score for one in found}
    z = (3 / 2) ** 0.5
    assert scores == pytest.approx({"AAA": 0.5 / 3 + 0.2 * z, "BBB": -0.5, "CCC": -0.2 * z})
    assert [one.symbol for one in found] == ["BBB", "AAA", "CCC"]
    on_topic = opinions(payload({}), Rule(weights={"text": 1.0}, words=("profit",)))
    assert {one.symbol: one.score for one in on_topic} == pytest.approx(
        {"AAA": (2 - 0.25) / 2.25, "BBB": -0.5 / 1.25, "CCC": 0.0}
    )


def test_documents_looked_up_count_a_quarter_and_once() -> None:
    row = {"id": "d001", "title": "CCC surges as growth beats every forecast", "text": "", "symbols": ["CCC"]}
    steps = [
        {"tool": "doc_search", "id": f"t0{i}", "output": {"rows": [row]}, "about": ["CCC"]} for i in (1, 2)
    ]
    scores = {o.symbol: o.score for o in opinions(payload({}, steps=steps), Rule(weights={"text": 1.0}))}
    assert scores["CCC"] == pytest.approx(0.25 * 2 / 1.25)


@pytest.mark.parametrize(
    ("score", "stated"), [(0.0, 50), (0.3, 59), (-0.5, 65), (0.7, 70), (9.0, 70), (-900.0, 70)]
)
def test_probability_is_a_clipped_logistic(score: float, stated: int) -> None:
    assert Opinion("AAA", score, {}).probability == stated


def test_signals_cite_what_is_about_them_and_say_what_speaks_against() -> None:
    said = answer("signal", payload({"weights": {"text": 0.6}}))
    sell, buy = said["signals"]
    assert (buy["symbol"], buy["action"], buy["probability"]) == ("AAA", "buy", 56)
    assert [e["ref"] for e in buy["evidence"]] == ["f001", "f002"]
    assert buy["limitations"][0] == "1 of 2 pieces of evidence speak against it."
    assert (sell["symbol"], sell["action"], [e["ref"] for e in sell["evidence"]]) == ("BBB", "sell", ["f003"])
    assert said["abstain_reason"] is None
    quiet = answer("signal", payload({"weights": {"momentum_20": 1.0}}))
    assert quiet["signals"] == []
    assert "no symbol with a score of 0.15 or more" in quiet["abstain_reason"]
    assert answer("signal", payload({"weights": {"text": 0.6}}, not_tradable=["AAA", "BBB"]))["signals"] == []


def test_the_plan_keeps_to_tools_that_are_there() -> None:
    told = [{"name": name, "does": ""} for name in ("price_stats", "market_stats", "final")]
    rule = {"tools": ["screen", "price_stats", "market_stats"]}
    plan = answer("plan", {"rule": rule, "tools": told, "max_steps": 5, "note": 10})
    assert [step["tool"] for step in plan["steps"]] == ["price_stats", "market_stats"]
    assert all(len(step["why"]) <= 10 for step in plan["steps"])
    one = answer("plan", {"rule": {"tools": ["screen"]}, "tools": told, "max_steps": 5, "note": 10})
    assert [step["tool"] for step in one["steps"]] == ["market_stats"]


def test_a_tool_planned_twice_is_asked_about_the_next_candidate() -> None:
    plan = [{"tool": "price_stats", "why": ""}] * 4
    called: list[dict[str, Any]] = []
    for _ in range(4):
        call = answer("act", payload({"weights": {"text": 0.5}}, plan=plan, steps=called))["call"]
        called.append({"tool": call["tool"], "symbol": call.get("symbol"), "output": {}})
    assert [call["symbol"] for call in called] == ["BBB", "AAA", "CCC", None]
    assert called[-1]["tool"] == "final"


@dataclass
class Season:
    """Sixty planted days of the six beliefs under the two informative sources."""

    works: list[list[SignalWork]]
    earned: dict[str, list[float]]


def season(days: int, *, deep: bool = True, start: int = 1) -> Season:
    panel, docs = load_planted(n_days=days + 2)
    assert docs.entities is not None
    clock, reveal = Clock.of_panel(panel), panel.reveal()
    agents = [ResearchAgent.of(name) for name in beliefs()]
    opens = panel["open"]
    result = Season([], {agent.id: [] for agent in agents})
    with Waves({"rules": Rules()}) as waves:
        desk = Desk(waves)
        for t in range(start, days + 1):
            now, shown = clock.d(t), docs.as_of(clock.d(t))
            after, until = clock.window(t)
            factors = []
            for source in ("courier", "ledger"):
                lines = tuple(FactorLine(d.title, (d.id,)) for d in shown.window(after, until, source=source))
                factors.append(Factor(source, t, lines, sum(count(line.text) for line in lines)))
            view = ContestView(reveal.at(now), shown, factors)
            works = research(
                agents, t, view, docs.entities, desk, ResearchLimits(), {}, clock=clock, deep=deep
            )
            result.works.append(works)
            for work in works:
                for signal in work.signals:
                    column = panel.instruments.index(signal.symbol)
                    r = opens[t + 1, column] / opens[t, column] - 1.0
                    result.earned[work.agent].append(r if signal.action == "buy" else -r)
    return result


@pytest.fixture(scope="module")
def planted() -> Season:
    return season(DAYS)


def test_every_signal_of_the_rules_counts(planted: Season) -> None:
    works = [work for day in planted.works for work in day]
    assert all(work.rejected == () for work in works)
    assert {work.abstained for work in works} <= {None, "declined"}
    signals = [signal for work in works for signal in work.signals]
    assert len(signals) > 1_000
    assert {50 <= signal.probability <= 70 for signal in signals} == {True}
    assert {work.spent.input_tokens + work.spent.output_tokens for work in works} == {0}
    assert {signal.action for signal in signals} == {"buy", "sell"}


def test_evidence_of_the_rules_can_be_looked_up(planted: Season) -> None:
    kinds = set()
    for work in (work for day in planted.works for work in day):
        looked_up = {step["id"] for step in work.steps if "id" in step}
        for signal in work.signals:
            cited = [work.cited[evidence.ref] for evidence in signal.evidence]
            assert any(signal.symbol in reference.symbols for reference in cited)
            assert all(r.ref in looked_up for r in cited if r.kind == "tool")
            kinds |= {reference.kind for reference in cited}
    assert kinds == {"line", "document", "tool"}


def test_text_pays_where_news_are_true_and_its_opposite_does_not(planted: Season) -> None:
    def t_value(name: str) -> float:
        returns = np.array(planted.earned[f"contest/researcher:{name}"])
        return float(returns.mean() / returns.std(ddof=1) * len(returns) ** 0.5)

    assert t_value("catalyst") > 2.5
    assert t_value("catalyst") - t_value("contrarian") > 3.0


def test_the_rules_say_the_same_again(planted: Season) -> None:
    again = season(10)
    assert again.works == planted.works[:10]
    for before, after in zip(planted.works[9], again.works[9], strict=True):
        check_steps(before.agent, "2030-01-15", before.steps, after.steps)


def test_without_look_ups_the_rules_cite_lines_alone(planted: Season) -> None:
    shallow = season(12, deep=False)
    works = [work for day in shallow.works for work in day]
    assert all(work.steps == () for work in works)
    assert {reference.kind for work in works for reference in work.cited.values()} == {"line"}
    assert shallow.works != planted.works[:12]


@pytest.mark.parametrize("names", [("ZED", "ABE", "MID"), ("ABE", "ZED", "MID")])
def test_ties_are_in_the_order_of_the_panel(names: tuple[str, ...]) -> None:
    payload = {"factors": [], "features": {name: [name, 1.0, -2.0, 0.5, 0.1, 0] for name in names}}
    assert [one.symbol for one in opinions(payload, Rule(weights={"momentum_5": 1.0}))] == list(names)
