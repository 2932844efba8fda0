"""``quantrl bench contest`` at tiny sizes: what is compared agrees, and every row is there."""

from __future__ import annotations

import importlib
import json
from typing import Any

import numpy as np
import pytest

from quantrl.cli.bench import rate
from quantrl.cli.bench.contest_rows import knapsack, rating, replayed, walk
from quantrl.cli.main import run

SMALL = ["bench", "contest", "--size", "small", "--rounds", "1", "--json"]


def test_every_row_is_reported(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(SMALL) == 0
    cases = {case["id"]: case for case in json.loads(capfd.readouterr().out)["cases"]}
    assert list(cases) == [f"C{i}" for i in range(1, 9)]
    for case in cases.values():
        assert case["agree"] is not False
        assert case["ours"]["rate"] > 0
        if case["id"] not in ("C7", "C8"):
            assert bool(case["absent"]) != bool(case["peers"])
        assert len(case["sha256"]) == (0 if case["id"] == "C8" else 64)


def test_an_optimum_that_is_off_gets_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("scipy")
    monkeypatch.setattr(knapsack, "_ours", lambda offers: np.zeros(len(offers)))
    result = rate.run_rate_case(knapsack.case("small"), rounds=1)
    assert result.agree is False
    assert result.timings == {}


def test_without_the_peers_there_is_no_ratio(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.import_module

    def absent(name: str, package: str | None = None) -> Any:
        if name in ("scipy.optimize", "lightgbm", "vaderSentiment.vaderSentiment", "pydantic_ai.direct"):
            raise ImportError(f"no {name}")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", absent)
    for row in (replayed, knapsack, walk, rating):
        case = row.case("small")
        assert not {goal.over for goal in case.goals} & {each.name for each in case.contenders}
        assert len(case.absent) == 1
        assert rate.run_rate_case(case, rounds=1).met is None
