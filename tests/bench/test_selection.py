"""``quantrl bench selection`` at tiny sizes: what is compared agrees, and every row is there."""

from __future__ import annotations

import json

import numpy as np
import pytest

from quantrl.cli.bench import rate
from quantrl.cli.bench.selection_rows import superior
from quantrl.cli.main import run

SMALL = ["bench", "selection", "--size", "small", "--rounds", "1", "--json"]


def test_every_row_is_reported(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(SMALL) == 0
    cases = {case["id"]: case for case in json.loads(capfd.readouterr().out)["cases"]}
    assert list(cases) == ["S1", "S2", "S3", "S4", "S5", "S6"]
    for case in cases.values():
        assert case["agree"] is True
        assert case["ours"]["rate"] > 0
        assert len(case["sha256"]) == 64


def test_p_values_that_are_off_get_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = type("Wrong", (), {"spa": 0.5, "white": np.nan})
    monkeypatch.setattr(superior, "superiority", lambda *_, **__: wrong)
    result = rate.run_rate_case(superior.case("small"), rounds=1)
    assert result.agree is False
    assert result.timings == {}
