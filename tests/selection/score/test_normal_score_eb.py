"""The default scorer as the ledger feeds it: equal to its definition, restartable, blind to the future."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from quantrl.errors import ConfigError, LookAheadError
from quantrl.selection import Ledger
from quantrl.selection.score.normal_score_eb import NormalScoreEB
from reference.normal_score import Round, replay

AGENTS = 11


def rows(day: int, rng: np.random.Generator) -> dict[str, Any]:
    """One round: three agents act only now and then, one joins late."""
    agent = np.arange(AGENTS - (day < 30))
    acted = (agent < 7) | (rng.random(len(agent)) < 0.4)
    gross = np.where(acted, rng.standard_t(4, len(agent)) * 0.01 * (1 + agent), 0.0)
    return {"agent": agent, "acted": acted, "gross": gross, "cost": np.where(acted, 1e-4, 0.0)}


def made(days: int = 150) -> tuple[Ledger, list[dict[str, Any]]]:
    ledger, rng, rounds = Ledger([f"a{i}" for i in range(AGENTS)]), np.random.default_rng(8), []
    for day in range(1, days + 1):
        rounds.append(rows(day, rng))
        ledger.append({**rounds[-1], "decided": day, "effective": day + 1, "matured": day + 2})
    return ledger, rounds


def test_equals_the_definition() -> None:
    ledger, rounds = made()
    scorer = NormalScoreEB()
    x = [r.x for day in range(153) for r in scorer.update(ledger.as_of(day)).rounds]
    expected_x, expected = replay(
        [Round(r["agent"], r["gross"] - r["cost"], r["acted"]) for r in rounds],
        half_life=126.0,
        target=0.10 / np.sqrt(252),
    )
    frame = scorer.scores()
    for got, wanted in zip(x, expected_x, strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-12)
    for name in ("mean", "sd", "n_eff", "share", "psr_abs", "scale", "vol_ann"):
        np.testing.assert_allclose(getattr(frame, name), expected[name], rtol=1e-9, atol=1e-12)
    assert frame.n_ready == 11


def test_one_view_or_many_give_the_same() -> None:
    ledger, _ = made()
    daily, once = NormalScoreEB(), NormalScoreEB()
    for day in range(153):
        daily.update(ledger.as_of(day))
    once.update(ledger.as_of(152))
    assert daily.scores().mean.tobytes() == once.scores().mean.tobytes()
    assert not once.update(ledger.as_of(152)).rounds


def test_restarts_bit_for_bit() -> None:
    ledger, _ = made()
    first = NormalScoreEB()
    first.update(ledger.as_of(90))
    second = NormalScoreEB()
    second.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for scorer in (first, second):
        scorer.update(ledger.as_of(152))
    assert first.scores().mean.tobytes() == second.scores().mean.tobytes()
    assert first.state_dict() == second.state_dict()


def test_refuses_what_is_not_a_view_and_time_going_back() -> None:
    ledger, _ = made()
    scorer = NormalScoreEB()
    scorer.update(ledger.as_of(90))
    state = scorer.state_dict()
    for wrong in (ledger, ledger.as_of(90).rows, ledger.frame(), None):
        with pytest.raises(LookAheadError, match="expected a LedgerView"):
            scorer.update(wrong)  # type: ignore[arg-type]
    with pytest.raises(LookAheadError, match="90 or later"):
        scorer.update(ledger.as_of(89))
    assert scorer.state_dict() == state


@pytest.mark.parametrize("damage", ["version", "core", "versions"])
def test_damaged_state_loads_nothing(damage: str) -> None:
    ledger, _ = made()
    scorer = NormalScoreEB()
    scorer.update(ledger.as_of(90))
    state = scorer.state_dict()
    with pytest.raises(ConfigError):
        scorer.load_state_dict({**state, damage: "x"})
    assert scorer.state_dict() == state


def test_late_rows_and_corrections_are_reported_and_not_scored() -> None:
    ledger, _ = made()
    scorer = NormalScoreEB()
    scorer.update(ledger.as_of(152))
    before = scorer.scores().mean
    common = {"effective": 51, "matured": 52, "decided": 50, "cost": 0.0}
    ledger.append({"agent": ["a0"], **common, "gross": 0.3, "recorded": 160})
    ledger.append({"agent": ["new"], **common, "gross": 0.3, "recorded": 161})
    found = scorer.update(ledger.as_of(161))
    assert [text.split(" decided")[0] for text in found.warnings] == ["correction of a0", "late row of new"]
    assert found.rounds == ()
    assert scorer.scores().mean.tobytes() == before.tobytes()


def test_a_correction_known_in_time_is_the_row_that_counts() -> None:
    ledger, _ = made()
    ledger.append(
        {"agent": ["a0"], "decided": 50, "effective": 51, "matured": 52, "gross": 0.3, "recorded": 60}
    )
    scorer = NormalScoreEB()
    found = scorer.update(ledger.as_of(152))
    (hit,) = [r for r in found.rounds if r.effective == 51]
    assert hit.net[0] == 0.3
    assert found.warnings == ()


def test_a_new_version_starts_again() -> None:
    ledger, _ = made()
    scorer = NormalScoreEB()
    scorer.update(ledger.as_of(152))
    version = np.zeros(AGENTS, dtype=np.int64)
    version[3] = 1
    ledger.append(
        {
            "agent": np.arange(AGENTS),
            "version": version,
            "decided": 151,
            "effective": 152,
            "matured": 153,
            "gross": np.linspace(-0.01, 0.01, AGENTS),
        }
    )
    scorer.update(ledger.as_of(153))
    frame = scorer.scores()
    assert (frame.age[3], frame.age[4]) == (1, 151)
    assert not frame.ready[3]
    assert frame.ready[4]


def test_overlapping_rows_say_less() -> None:
    single, measured = Ledger(overlap=1), Ledger()
    rng = np.random.default_rng(2)
    for day in range(1, 90):
        gross = rng.standard_normal(9) * 0.01
        for ledger in (single, measured):
            ledger.append(
                {
                    "agent": [f"a{i}" for i in range(9)],
                    "decided": day,
                    "effective": day,
                    "matured": day + 5,
                    "gross": gross,
                }
            )
    frames = []
    for ledger in (single, measured):
        scorer = NormalScoreEB()
        scorer.update(ledger.as_of(200))
        frames.append(scorer.scores())
    np.testing.assert_allclose(frames[0].n_eff, 5 * frames[1].n_eff, rtol=1e-12)


def test_scale_does_not_change_the_ranks() -> None:
    rng = np.random.default_rng(5)
    plain, scaled = Ledger(), Ledger()
    factor = np.array([10.0, 0.1, *[1.0] * 8])
    for day in range(1, 100):
        gross = rng.standard_normal(10) * 0.01
        for ledger, by in ((plain, 1.0), (scaled, factor)):
            ledger.append(
                {
                    "agent": [f"a{i}" for i in range(10)],
                    "decided": day,
                    "effective": day,
                    "matured": day + 1,
                    "gross": gross * by,
                }
            )
    means = []
    for ledger in (plain, scaled):
        scorer = NormalScoreEB()
        # The first rounds are scaled by an assumed volatility, which is the same for all.
        scorer.update(ledger.as_of(6))
        start = scorer.scores().age[0]
        scorer.update(ledger.as_of(200))
        means.append(scorer.scores().mean)
    assert start == 5
    assert np.argsort(means[0])[-3:].tolist() == np.argsort(means[1])[-3:].tolist()


@pytest.mark.parametrize(
    "bad", [{"half_life": 0.0}, {"half_life": np.nan}, {"target_vol": 0.0}, {"target_vol": np.inf}]
)
def test_settings_out_of_range(bad: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        NormalScoreEB(**bad)
