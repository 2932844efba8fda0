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
def test_settings_out_of_range(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        NormalScoreEB(**bad)


def families(kinds: list[str], days: int = 200) -> Ledger:
    """Two kinds of agents, one better than the other; the last agent arrives on day 110."""
    made, rng = Ledger([f"a{i}" for i in range(len(kinds))], overlap=1), np.random.default_rng(5)
    skill = np.where(np.array(kinds) == "rl", 0.003, -0.001)
    for day in range(days):
        n = len(kinds) - (day < 110)
        when = {"decided": day, "effective": day, "matured": day + 1}
        gross = rng.standard_normal(n) * 0.01 + skill[:n]
        made.append({"agent": np.arange(n), **when, "gross": gross, "family": kinds[:n]})
    return made


def test_a_family_of_five_has_a_prior_of_its_own() -> None:
    kinds = ["rl"] * 6 + ["rule"] * 6 + ["llm"] * 2
    view, plain, own = families(kinds).as_of(200), NormalScoreEB(), NormalScoreEB(prior="family")
    for scorer in (plain, own):
        scorer.update(view)
    known = own._record.known()
    s, v, kind = known["s"], known["v"], np.array(kinds)
    for family in ("rl", "rule"):
        mine = kind == family
        prior = max(1e-6, s[mine].var(ddof=1) - v[mine].mean())
        expected = s[mine].mean() + prior / (prior + v[mine]) * (s[mine] - s[mine].mean())
        np.testing.assert_allclose(own.scores().mean[mine], expected, atol=1e-12)
        assert np.ptp(own.scores().mean[mine]) < np.ptp(plain.scores().mean[mine])
    few = kind == "llm"
    np.testing.assert_allclose(own.scores().mean[few], plain.scores().mean[few], atol=1e-12)
    again = NormalScoreEB(prior="family")
    again.load_state_dict(json.loads(json.dumps(own.state_dict())))
    assert again.scores().mean.tobytes() == own.scores().mean.tobytes()
    with pytest.raises(ConfigError):
        again.load_state_dict({**own.state_dict(), "family": [1]})
    assert again.scores().mean.tobytes() == own.scores().mean.tobytes()


def test_weighed_variances_are_those_of_dersimonian_and_laird() -> None:
    scorer = NormalScoreEB(tau2="dl")
    scorer.update(families(["rule"] * 4 + ["rl"] * 5).as_of(200))
    known = scorer._record.known()
    s, v = known["s"], known["v"]
    assert v.max() / v.min() > 1.2
    w = 1 / v
    q = (w * (s - np.average(s, weights=w)) ** 2).sum()
    prior = (q - (len(s) - 1)) / (w.sum() - (w**2).sum() / w.sum())
    assert prior > 1e-6
    found = scorer.scores()
    np.testing.assert_allclose(found.mean, s.mean() + prior / (prior + v) * (s - s.mean()), atol=1e-12)
    np.testing.assert_allclose(found.sd, np.sqrt(prior * v / (prior + v)), atol=1e-12)
    assert scorer.settings()["tau2"] == "dl"


@pytest.mark.parametrize("bad", [{"prior": "kind"}, {"tau2": "ml"}])
def test_priors_that_are_none(bad: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        NormalScoreEB(**bad)
