"""The block on the judges themselves."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.contest.judges.quality import quality
from quantrl.contest.predict.gate import judge_z
from quantrl.errors import DataError

DAYS, AGENTS, JUDGES = 60, 6, 5


def world(seed: int = 1):
    """Judges who see what an agent earns next, each with noise of his own."""
    random = np.random.default_rng(seed)
    realised = random.normal(0.0, 0.01, (DAYS, AGENTS))
    noise = random.normal(0.0, 10.0, (DAYS, AGENTS, JUDGES, 5))
    scores = np.clip(np.round(50.0 + 2_000.0 * realised[..., None, None] + noise), 0.0, 100.0)
    order = np.array([[random.permutation(AGENTS) for _ in range(JUDGES)] for _ in range(DAYS)])
    return scores, order.transpose(0, 2, 1), random.integers(50, 400, (DAYS, AGENTS)), realised


def test_judges_who_know_agree_and_are_not_swayed() -> None:
    scores, position, length, realised = world()
    found = quality(scores, position, length, realised, draws=200)
    assert found.agreement.alpha > 0.8
    assert found.agreement.low < found.agreement.alpha < found.agreement.high
    assert all(0.5 < one.alpha < found.agreement.alpha for one in found.by_rubric.values())
    assert found.skill.mean > 0.8
    assert found.skill.t > 10
    assert abs(found.length.mean) < 0.15
    assert abs(found.position.mean) < 0.15
    assert found.length.dates == DAYS
    assert (found.judged, found.unanswered) == (DAYS * AGENTS, 0)


def test_judges_who_like_length_and_the_first_card_are_found_out() -> None:
    scores, position, length, realised = world()
    swayed = np.clip(length[..., None, None] / 8.0 - 6.0 * position[..., None] + scores * 0.0, 0.0, 100.0)
    found = quality(swayed, position, length, realised, draws=50)
    assert found.length.mean > 0.7
    assert found.length.t > 5
    assert found.position.mean < -0.3
    assert abs(found.skill.t) < 3


def test_one_voice_five_times_agrees_without_being_right() -> None:
    _, position, length, realised = world()
    alike = np.repeat(
        np.random.default_rng(2).integers(0, 100, (DAYS, AGENTS, 1, 5)).astype(float), JUDGES, axis=2
    )
    found = quality(alike, position, length, realised, draws=50)
    assert found.agreement.alpha == 1.0
    assert abs(found.skill.t) < 3


def test_read_alone_there_is_no_position_and_the_unjudged_do_not_count() -> None:
    scores, position, length, realised = world()
    scores[:, 0], length[:, 0], position[:, 0] = np.nan, 0, -1
    position[:, 1:] = 0
    scores[:, 1, 2] = np.nan
    found = quality(scores, position, length, realised, draws=50)
    assert np.isnan(found.position.mean)
    assert found.position.dates == 0
    assert found.judged == DAYS * (AGENTS - 1)
    assert found.unanswered == DAYS
    assert found.skill.n_dates == DAYS


def test_nobody_judged() -> None:
    _, position, length, realised = world()
    nothing = np.full((DAYS, AGENTS, JUDGES, 5), np.nan)
    found = quality(nothing, np.full_like(position, -1), np.zeros_like(length), realised)
    assert np.isnan([found.agreement.alpha, found.length.mean, found.skill.mean]).all()
    assert found.judged == 0
    assert found.skill.reason.startswith("0 dates")


def test_no_text_ranks_as_the_average_of_the_judged() -> None:
    """NaN reads as z = 0, and takes no part in the mean and deviation of the others."""
    scores, *_ = world()
    by_judge = scores.mean(axis=3)
    with_silent = np.concatenate([by_judge, np.full((DAYS, 1, JUDGES), np.nan)], axis=1)
    z = judge_z(with_silent)
    assert np.abs(z[:, -1]).max() <= 1e-12
    assert np.abs(z[:, :-1] - judge_z(by_judge)).max() <= 1e-12


def test_shapes_are_checked() -> None:
    scores, position, length, realised = world()
    with pytest.raises(DataError, match="scores"):
        quality(scores[..., 0], position, length, realised)
    with pytest.raises(DataError, match="position"):
        quality(scores, position[1:], length, realised)
    with pytest.raises(DataError, match="length"):
        quality(scores, position, length[1:], realised)
    with pytest.raises(DataError, match="realised"):
        quality(scores, position, length, realised[:, 1:])
