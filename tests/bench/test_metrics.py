"""``quantrl bench metrics``: agreement first, numbers near 0 judged as if they were 1, vectorbt's own values where it is."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from quantrl.cli.bench import metrics
from quantrl.cli.bench.harness import Contender
from quantrl.cli.main import run
from quantrl.typing import FloatArray

SMALL = ["bench", "metrics", "--size", "small", "--rounds", "1", "--json", "--peers", "vectorbt"]


def _peer(error: float) -> metrics.Adapter:
    def adapter(returns: FloatArray) -> list[Contender]:
        def call() -> FloatArray:
            values = metrics.ours(returns).call().copy()
            values[3] += error
            return values

        return [Contender("vectorbt-stub", call)]

    return adapter


def _told(capfd: pytest.CaptureFixture[str], code: int) -> dict[str, Any]:
    assert run(SMALL) == code
    (case,) = json.loads(capfd.readouterr().out)["cases"]
    return dict(case)


@pytest.mark.parametrize(("error", "agree"), [(1e-10, True), (1e-8, False)])
def test_a_peer_that_is_off_gets_no_time(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, error: float, agree: bool
) -> None:
    monkeypatch.setitem(metrics.METRICS, "vectorbt", _peer(error))
    case = _told(capfd, 0 if agree else 1)
    assert (case["id"], case["agree"]) == ("P4", agree)
    assert (case["ours_ms"] is None) is not agree
    assert [found["bar"] for found in case["disagreements"]] == ([] if agree else [3])


def test_the_first_return_is_a_gain_so_that_drawdowns_mean_the_same() -> None:
    returns = metrics.inputs("small").returns
    assert (returns[0] >= 0).all()
    assert (np.round(returns, 6) != returns).all()


def test_the_answer_is_each_measure_of_each_series() -> None:
    from quantrl import metrics as measures

    returns = metrics.inputs("small").returns
    answer = metrics.ours(returns).call().reshape(len(metrics.MEASURES), -1)
    assert answer[list(metrics.MEASURES).index("total")] == pytest.approx(np.prod(1 + returns, axis=0) - 1)
    sharpe = measures.sharpe(returns[:, 5], periods_per_year=metrics.PERIODS_PER_YEAR)
    assert answer[list(metrics.MEASURES).index("sharpe"), 5] == sharpe.value


def test_vectorbt_agrees(capfd: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("vectorbt", reason="vectorbt is not installed here")
    assert _told(capfd, 0)["agree"] is True
