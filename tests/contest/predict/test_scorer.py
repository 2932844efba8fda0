"""A predictor inside a selection pipeline: ledger in, eq. (8) out."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from quantrl.contest.allocate import PaperShares, shares
from quantrl.contest.predict.cold import utilities
from quantrl.contest.predict.ew import Ew
from quantrl.contest.predict.matrix import matrix
from quantrl.contest.predict.scorer import PredictorScorer
from quantrl.errors import ConfigError, LookAheadError
from quantrl.selection import Ledger, Pipeline
from quantrl.selection.gate.standard import Standard
from quantrl.selection.rank.identity import Identity
from quantrl.selection.select.top_k import TopK

DAY = 86_400_000_000_000
NAMES = ["a", "b", "c", "d"]


def ledger(days: int = 60, **changes: Any) -> Ledger:
    """Four agents, one row a day: decided at t, effective an hour later, matured a day and two hours after."""
    random = np.random.default_rng(0)
    returns = random.normal([0.002, 0.0, -0.002, 0.001], 0.01, (days, 4))
    acted = (random.random((days, 4)) > 0.2).astype(int)
    found = Ledger(NAMES)
    for day in range(days):
        found.append(
            {
                "agent": NAMES,
                "decided": day * DAY,
                "effective": day * DAY + 3600,
                "matured": (day + 1) * DAY + 7200,
                "gross": returns[day] * acted[day],
                "cost": 0.0001 * acted[day],
                "acted": acted[day],
                **changes,
            }
        )
    return found


def pipeline() -> Pipeline:
    return Pipeline(
        scorer=PredictorScorer(Ew(21)),
        aggregator=Identity(hysteresis=0.0),
        gate=Standard(psr_enter=0.0, psr_stay=0.0, cusum_cut=1e9),
        selector=TopK(4),
        allocator=PaperShares(),
        vesting=1.0,
        probation=1.0,
    )


def test_only_what_has_matured_is_in_the_matrix() -> None:
    rows = ledger()
    found = matrix(rows.as_of(10 * DAY))
    assert found.scores.shape == (9, 4), "the newest score at d(t) is that of t-2"
    assert found.effective.tolist() == [day * DAY + 3600 for day in range(9)]
    everything = matrix(rows.as_of(99 * DAY)).scores
    assert np.array_equal(found.scores, everything[:9], equal_nan=True)
    assert np.isnan(everything).any(), "who abstained has no score"
    with pytest.raises(LookAheadError):
        matrix(rows)  # type: ignore[arg-type]


def test_the_pipeline_pays_out_eq_8() -> None:
    rows, pipe = ledger(), pipeline()
    for t in range(60):
        view = rows.as_of(t * DAY)
        step = pipe.step(view, t * DAY)
        if view.n_agents:
            predicted = Ew(21).predict(matrix(view).scores)
            assert step.weights == pytest.approx(shares(utilities(predicted)), abs=1e-15)
    assert step.weights.sum() == pytest.approx(1.0)
    assert (step.scores.psr_abs > 0.5).tolist() == (step.scores.mean > 0).tolist()
    assert "cold" not in {name for _, name in step.scores.flags}


def test_saved_and_loaded_it_goes_on_alike() -> None:
    rows, first = ledger(), pipeline()
    for t in range(30):
        first.step(rows.as_of(t * DAY), t * DAY)
    second = pipeline()
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for t in range(30, 60):
        view = rows.as_of(t * DAY)
        assert np.array_equal(first.step(view, t * DAY).weights, second.step(view, t * DAY).weights)
    with pytest.raises(ConfigError, match="version"):
        PredictorScorer(Ew()).load_state_dict({"state": 0})


def test_a_correction_is_used_once_it_is_known() -> None:
    rows, scorer = ledger(20), PredictorScorer(Ew(21))
    scorer.update(rows.as_of(15 * DAY))
    before = scorer.scores().mean.copy()
    rows.append(
        {
            "agent": ["a"],
            "decided": 3 * DAY,
            "effective": 3 * DAY + 3600,
            "matured": 4 * DAY + 7200,
            "recorded": 15 * DAY + 9,
            "gross": 0.2,
        }
    )
    update = scorer.update(rows.as_of(16 * DAY))
    assert any("correction of a" in warning for warning in update.warnings)
    assert len(update.rounds) == 1
    assert scorer.scores().mean[0] != before[0]
    expected = Ew(21).predict(matrix(rows.as_of(16 * DAY)).scores)
    assert scorer.scores().mean == pytest.approx(expected.u, rel=1e-12)


def test_a_new_version_starts_anew() -> None:
    rows, scorer = ledger(20), PredictorScorer(Ew(21))
    rows.append(
        {
            "agent": NAMES,
            "decided": 20 * DAY,
            "effective": 20 * DAY + 3600,
            "matured": 21 * DAY + 7200,
            "gross": 0.01,
            "version": [1, 0, 0, 0],
        }
    )
    scorer.update(rows.as_of(30 * DAY))
    assert scorer.scores().age.tolist() == [1, 21, 21, 21]
    assert scorer.scores().flags == ((0, "cold"),)
    assert scorer.scores().psr_abs[0] == 0.5


def test_time_and_kind_are_checked() -> None:
    scorer = PredictorScorer(Ew(21))
    scorer.update(ledger().as_of(10 * DAY))
    with pytest.raises(LookAheadError):
        scorer.update(ledger().as_of(9 * DAY))
    with pytest.raises(LookAheadError):
        scorer.update("rows")  # type: ignore[arg-type]
    assert scorer.settings() == {
        "predictor": {"name": "ew", "half_life": 21.0},
        "cold": "equal",
        "periods_per_year": 252.0,
    }
