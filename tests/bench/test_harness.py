"""Agreement before time: what the harness reports and what it keeps to itself."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.cli.bench import sheet
from quantrl.cli.bench.harness import Case, Contender, Timing, compare, run_case

CURVE = np.linspace(1e6, 2e6, 50)


def _case(*peers: Contender, **more: object) -> Case:
    return Case("P0", "a curve", Contender("quantrl", lambda: CURVE.copy()), peers, **more)  # type: ignore[arg-type]


def _text(case: Case) -> str:
    from io import StringIO

    from rich.console import Console

    stream = StringIO()
    console = Console(file=stream, width=200)
    for line in sheet.printed(run_case(case, rounds=3)):
        console.print(line, markup=False)
    return stream.getvalue()


def test_compare_names_the_worst_bar() -> None:
    theirs = CURVE.copy()
    theirs[12] *= 1 + 3.7e-4
    worst, found = compare(CURVE, theirs, "peer", 1e-9)
    assert found is not None
    assert worst == pytest.approx(3.7e-4, rel=1e-3)
    assert str(found) == "DISAGREE peer: max 3.7e-04 at bar 12 (limit 1e-9)"


def test_compare_counts_what_is_not_a_number_as_different() -> None:
    theirs = CURVE.copy()
    theirs[3] = np.nan
    worst, found = compare(CURVE, theirs, "peer", 1e-9)
    assert worst == np.inf
    assert found is not None
    assert found.bar == 3


def test_compare_refuses_another_length() -> None:
    assert compare(CURVE, CURVE[:-1], "peer", 1e-9)[1] is not None


def test_compare_accepts_equal_zeros() -> None:
    assert compare(np.zeros(3), np.zeros(3), "peer", 1e-9) == (0.0, None)


def test_a_peer_off_by_a_millionth_gets_no_time_nor_do_we() -> None:
    case = _case(Contender("stub", lambda: np.where(np.arange(50) == 8, CURVE * (1 + 1e-6), CURVE)))
    result = run_case(case, rounds=3)
    assert not result.agree
    assert result.timings == {}
    assert sheet.case_json(result)["ours_ms"] is None
    assert sheet.case_json(result)["peers"] == []
    assert _text(case) == "DISAGREE stub: max 1.0e-06 at bar 8 (limit 1e-9)\n"


def test_one_wrong_peer_silences_the_right_one_too() -> None:
    result = run_case(_case(Contender("good", CURVE.copy), Contender("bad", lambda: CURVE + 1.0)), rounds=1)
    assert [found.peer for found in result.disagreements] == ["bad"]
    assert result.timings == {}


def test_an_absent_peer_gives_no_ratio() -> None:
    case = _case(absent={"vectorbt": "not installed here"})
    text = _text(case)
    assert "vectorbt: not installed here: no ratio" in text
    assert "ratio to" not in text
    payload = sheet.case_json(run_case(case, rounds=1))
    assert payload["agree"] is None
    assert payload["met"] is None


def test_rounds_are_interleaved_after_two_warm_ups() -> None:
    calls: list[str] = []

    def logged(name: str) -> Contender:
        def call() -> np.ndarray:
            calls.append(name)
            return CURVE

        return Contender(name, call)

    run_case(Case("P0", "order", logged("a"), (logged("b"),)), rounds=3)
    assert calls == ["a", "b"] * (1 + 2 + 3)


def test_ratio_is_the_smaller_of_wall_and_cpu() -> None:
    case = _case(Contender("peer", CURVE.copy), ratio_goal=3.0)
    result = run_case(case, rounds=1)
    result.timings["quantrl"] = Timing((0.001, 0.002), (0.002, 0.002))
    result.timings["peer"] = Timing((0.010, 0.009), (0.008, 0.008))
    assert result.ratio("peer") == pytest.approx(4.0)
    assert result.met is True
    assert result.timings["quantrl"].median_ms == pytest.approx(1.5)


def test_a_bare_kernel_is_timed_beside_and_not_judged() -> None:
    case = _case(Contender("peer", CURVE.copy), beside=(Contender("peer, bare kernel", lambda: None),))
    payload = sheet.case_json(run_case(case, rounds=2))
    assert [part["name"] for part in payload["beside"]] == ["peer, bare kernel"]
    assert [peer["name"] for peer in payload["peers"]] == ["peer"]
    assert "peer, bare kernel" in _text(case)
    wrong = _case(Contender("peer", lambda: CURVE + 1.0), beside=case.beside)
    assert sheet.case_json(run_case(wrong, rounds=2))["beside"] == []
