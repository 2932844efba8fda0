"""``quantrl bench batch``: checked against plain NumPy and against single calls before anything is timed."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from quantrl.cli.bench.batch_rows import invested, long_sweep, view_walk
from quantrl.cli.bench.batch_rows.oracle import curve
from quantrl.cli.main import run
from quantrl.typing import FloatArray

SMALL = ["bench", "batch", "--size", "small", "--rounds", "1"]


def _cases(capfd: pytest.CaptureFixture[str], code: int) -> list[dict[str, Any]]:
    assert run([*SMALL, "--json"]) == code
    return list(json.loads(capfd.readouterr().out)["cases"])


def test_every_row_agrees_and_is_timed(capfd: pytest.CaptureFixture[str]) -> None:
    cases = _cases(capfd, 0)
    assert [case["id"] for case in cases] == ["P3a", "P3b", "P6a", "P6b"]
    assert [case["agree"] for case in cases] == [True, True, True, None]
    assert all(case["ours"]["min_ms"] > 0.0 and len(case["sha256"]) == 64 for case in cases)
    assert [check["limit"] for case in cases for check in case["checks"]] == [1e-12, 0.0, 0.0, 0.0]
    assert [peer["name"] for peer in cases[1]["peers"]] == ["one call, one thread", "a call each"]
    assert "peak memory" in cases[3]["notes"][0]


def test_a_curve_that_is_off_gets_no_time(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def off(*inputs: Any) -> FloatArray:
        equity = curve(*inputs)
        equity[30] *= 1 + 1e-6
        return equity

    monkeypatch.setattr(invested, "curve", off)
    case = _cases(capfd, 1)[0]
    assert (case["agree"], case["ours"], case["ours_ms"], case["goals"]) == (False, None, None, [])
    assert case["disagreements"][0]["bar"] == 30


def test_the_curve_in_numpy_pays_for_every_trade() -> None:
    close = np.array([[10.0, 20.0], [10.0, 20.0]])
    equity = curve(close, np.array([[0.5, 0.5], [0.0, 0.0]]), 0.01, 1_000.0)
    assert equity == pytest.approx([1_000 / 1.01, 1_000 / 1.01 * 0.99], rel=1e-14)


def test_full_sizes_are_those_of_the_titles() -> None:
    assert long_sweep.BARS["full"] == 200_000
    assert view_walk.BARS == 60
    assert len(view_walk.COLUMNS) == 6
