"""Cases of rates: checks before time, medians, goals, and what is absent."""

from __future__ import annotations

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from quantrl.cli.bench import rate_sheet
from quantrl.cli.bench.harness import Contender, Timing
from quantrl.cli.bench.rate import Check, Goal, RateCase, RateResult, run_rate_case

CURVE = np.linspace(0.5, 2.0, 40)


def _case(calls: list[str], theirs: float = 1.0, **more: object) -> RateCase:
    def contender(name: str, units: int) -> Contender:
        return Contender(name, lambda: calls.append(name), units)

    check = Check("peer", lambda: CURVE, lambda: np.where(np.arange(40) == 7, CURVE * theirs, CURVE), 1e-9)
    return RateCase(
        id="E0",
        title="counting",
        unit="steps",
        contenders=(contender("ours", 100), contender("peer", 10)),
        goals=(Goal("ours", 1.0, "peer"), Goal("ours", 50.0)),
        checks=(check,),
        **more,  # type: ignore[arg-type]
    )


def _text(result: RateResult) -> str:
    stream = StringIO()
    console = Console(file=stream, width=200)
    for line in rate_sheet.printed(result):
        console.print(line, markup=False)
    return stream.getvalue()


def test_rounds_are_interleaved_after_two_warm_ups() -> None:
    calls: list[str] = []
    result = run_rate_case(_case(calls), rounds=5)
    assert calls == ["ours", "peer"] * (2 + 5)
    assert result.agree is True


def test_a_disagreement_gets_no_time() -> None:
    calls: list[str] = []
    result = run_rate_case(_case(calls, theirs=1 + 1e-6), rounds=2)
    assert calls == []
    assert _text(result) == "DISAGREE peer: max 7.7e-07 at bar 7 (limit 1e-9)\n"
    found = rate_sheet.rate_json(result)
    assert found["agree"] is False
    assert (found["ours"], found["ours_ms"], found["peers"], found["goals"]) == (None, None, [], [])


def test_rates_are_of_the_median_round_and_ratios_of_rates() -> None:
    timings = {
        "ours": Timing((0.1, 0.5, 0.2), (0.1, 0.1, 0.1)),
        "peer": Timing((4.0, 1.0, 2.0), (1.0, 1.0, 1.0)),
    }
    result = RateResult(_case([]), (), {"peer": 0.0}, timings)
    assert result.rates == {"ours": pytest.approx(500.0), "peer": pytest.approx(5.0)}
    assert result.cpu_rates == {"ours": pytest.approx(1000.0), "peer": pytest.approx(10.0)}
    assert rate_sheet.rate_json(result)["ours"]["cpu_rate"] == pytest.approx(1000.0)
    assert "steps/CPU s" in _text(result)
    assert result.met is True
    assert [goal["value"] for goal in rate_sheet.rate_json(result)["goals"]] == pytest.approx([100.0, 500.0])
    slow = RateResult(_case([]), (), {"peer": 0.0}, {**timings, "ours": timings["peer"]})
    assert slow.met is True
    assert "ours to peer: 10.00x, goal 1x" in _text(slow)


def test_a_goal_that_is_missed_is_not_met() -> None:
    slow = Timing((4.0,), (4.0,))
    result = RateResult(_case([]), (), {"peer": 0.0}, {"ours": slow, "peer": slow})
    assert result.rates["ours"] == pytest.approx(25.0)
    assert result.met is False


def test_an_absent_peer_gives_no_ratio() -> None:
    calls: list[str] = []
    case = RateCase(
        id="E0",
        title="alone",
        unit="steps",
        contenders=(Contender("ours", lambda: calls.append("ours"), 1),),
        goals=(Goal("ours", 10.0, "peer"),),
        absent={"peer": "not installed here"},
    )
    result = run_rate_case(case, rounds=1)
    assert (result.agree, result.met) == (None, None)
    text = _text(result)
    assert "ours to peer: no ratio" in text
    assert "peer: not installed here: no ratio" in text
