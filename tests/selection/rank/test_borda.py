"""Mean points, what one voter can do, and what all aggregators share."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.rank._voting import average_places
from quantrl.selection.rank.borda import Borda
from quantrl.selection.rank.identity import Identity
from quantrl.selection.rank.kemeny import Kemeny
from quantrl.selection.rank.median_rank import MedianRank
from quantrl.selection.rank.tsp_rank import TspRank
from selection.frames import frame
from selection.rank.voters import nobody, voters

EVERY = (Borda, MedianRank, Kemeny, TspRank)


def test_points_by_hand() -> None:
    # Places: 1 2 3, 2 1 3, 1 3 2; points 3 less the mean place, weights 1/4 1/4 1/2.
    frames = [frame([3.0, 2.0, 1.0]), frame([2.0, 3.0, 1.0]), frame([3.0, 1.0, 2.0])]
    ranking = Borda(weights=(1, 1, 2)).rank(frames, nobody(3))
    assert ranking.key.tolist() == [3 - 1.25, 3 - 2.25, 3 - 2.5]
    assert ranking.order.tolist() == [0, 1, 2]
    assert ranking.ballots().places.tolist() == [[1, 2, 3], [2, 1, 3], [1, 3, 2]]
    assert ranking.ballots().weights.tolist() == [0.25, 0.25, 0.5]


def test_ties_share_a_place_and_equal_points_go_to_the_lower_id() -> None:
    assert average_places(np.array([1.0, 2.0, 2.0, np.nan, np.nan, 0.0])).tolist() == [
        3,
        1.5,
        1.5,
        5.5,
        5.5,
        4,
    ]
    thirds = [frame([3.0, 1.0, 2.0]), frame([2.0, 3.0, 1.0]), frame([1.0, 2.0, 3.0])]
    ranking = Borda().rank(thirds, nobody(3))
    assert ranking.key.tolist() == [1, 1, 1]
    assert ranking.order.tolist() == [0, 1, 2]


def test_one_voter_moves_an_agent_by_at_most_its_share() -> None:
    rng = np.random.default_rng(1)
    worst = 0.0
    for _ in range(200):
        agents, count = int(rng.integers(2, 12)), int(rng.integers(2, 6))
        frames, weights = voters(rng, count, agents), rng.uniform(0.1, 3.0, count)
        liar = int(rng.integers(count))
        lies = list(frames)
        lies[liar] = voters(rng, 1, agents)[0]
        bound = (agents - 1) * weights[liar] / weights.sum()
        one, two = (Borda(weights=weights.tolist()).rank(f, nobody(agents)).key for f in (frames, lies))
        assert np.abs(one - two).max() <= bound + 1e-9
        worst = max(worst, float(np.abs(one - two).max() / bound))
    assert worst > 0.95


@pytest.mark.parametrize("rule", EVERY)
def test_one_voter_is_taken_at_its_word(rule: type) -> None:
    scores = [0.31, np.nan, 0.9, -0.4, 0.5, np.nan, 0.1]
    held = np.array([False, False, False, True, True, False, False])
    alone = rule().rank([frame(scores, sd=[0.01] * 7)], held)
    same = Identity().rank([frame(scores, sd=[0.01] * 7)], held)
    assert alone.order.tolist() == same.order.tolist()
    assert np.isnan(alone.key).tolist() == np.isnan(same.key).tolist()
    assert alone.p_top_k(2).tobytes() == same.p_top_k(2).tobytes()


@pytest.mark.parametrize("rule", EVERY)
def test_a_funded_agent_keeps_its_place_until_clearly_overtaken(rule: type) -> None:
    frames = [frame([0.10, 0.14]), frame([0.10, 0.13])]
    assert rule().rank(frames, np.array([True, False])).order.tolist() == [0, 1]
    assert rule(hysteresis=0.0).rank(frames, np.array([True, False])).order.tolist() == [1, 0]


@pytest.mark.parametrize("rule", EVERY)
def test_voters_who_do_not_know_an_agent_place_it_last(rule: type) -> None:
    frames = [frame([0.1, 0.2, 0.3]), frame([0.5, np.nan, 0.1]), frame([np.nan] * 3)]
    ranking = rule(weights=(1, 5, 1)).rank(frames, nobody(3))
    assert ranking.ballots().places.tolist() == [[3, 2, 1], [1, 3, 2], [2, 2, 2]]
    assert ranking.order.tolist() == [0, 2, 1]
    chance = ranking.p_top_k(1)
    assert chance.sum() == pytest.approx(1.0)
    assert rule().rank([frame([np.nan, np.nan])], nobody(2)).p_top_k(1).tolist() == [0, 0]


@pytest.mark.parametrize("rule", EVERY)
def test_a_voter_that_has_not_heard_of_an_agent_does_not_know_it(rule: type) -> None:
    short = rule().rank([frame([0.1, 0.2, 0.3]), frame([0.5, 0.1]), frame([0.1, 0.2, 0.9, 0.4])], nobody(3))
    same = rule().rank([frame([0.1, 0.2, 0.3]), frame([0.5, 0.1, np.nan]), frame([0.1, 0.2, 0.9])], nobody(3))
    assert short.key.tobytes() == same.key.tobytes()
    assert short.p_top_k(1).tobytes() == same.p_top_k(1).tobytes()


@pytest.mark.parametrize("rule", EVERY)
def test_chances_are_the_weighted_mean_of_the_voters_own(rule: type) -> None:
    rng = np.random.default_rng(3)
    one, two = voters(rng, 2, 6)
    joined = rule(weights=(1, 3)).rank([one, two], nobody(6)).p_top_k(2)
    alone = [Identity().rank([f], nobody(6)).p_top_k(2) for f in (one, two)]
    np.testing.assert_allclose(joined, alone[0] / 4 + alone[1] * 3 / 4, atol=1e-12)


@pytest.mark.parametrize("rule", [Borda, MedianRank, Kemeny])
def test_labels_permuted_permute_the_places(rule: type) -> None:
    rng = np.random.default_rng(4)
    for _ in range(20):
        frames, order = voters(rng, 3, 9), rng.permutation(9)
        moved = [frame(f.mean[order]) for f in frames]
        weights = (1.0, 2.1, 3.3)
        one, two = (rule(weights=weights).rank(f, nobody(9)) for f in (frames, moved))
        if len(set(one.key.tolist())) == 9:
            assert one.pos[order].tolist() == two.pos.tolist()


@pytest.mark.parametrize("rule", EVERY)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"weights": []}, "weights: expected a list"),
        ({"weights": "ab"}, "weights: expected a list"),
        ({"weights": [1.0, 0.0]}, r"weights\[1\]: expected a number above 0"),
        ({"weights": [1.0, float("inf")]}, r"weights\[1\]"),
        ({"hysteresis": -1.0}, "hysteresis"),
        ({"seed": 1.5}, "seed"),
    ],
)
def test_refuses(rule: type, params: dict, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        rule(**params)


@pytest.mark.parametrize("rule", EVERY)
def test_refuses_another_number_of_frames(rule: type) -> None:
    with pytest.raises(ConfigError, match="a weight for each of 1 score frames, got 2"):
        rule(weights=(1, 2)).rank([frame([0.1, 0.2])], nobody(2))
    with pytest.raises(ConfigError, match="expected a score frame, got none"):
        rule().rank([], nobody(2))
