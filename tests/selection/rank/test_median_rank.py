"""The place in the middle."""

from __future__ import annotations

import numpy as np

from quantrl.selection.rank.median_rank import MedianRank
from selection.frames import frame
from selection.rank.voters import nobody, voters


def test_equal_weights_give_the_plain_median() -> None:
    rng = np.random.default_rng(2)
    for count in (1, 2, 3, 4, 5, 8):
        frames = voters(rng, count, 7)
        ranking = MedianRank().rank(frames, nobody(7))
        places = ranking.ballots().places
        np.testing.assert_allclose(ranking.key, -np.median(places, axis=0), atol=1e-12)


def test_weights_count_as_that_many_voters() -> None:
    rng = np.random.default_rng(3)
    for _ in range(30):
        frames, weights = voters(rng, 4, 6), rng.integers(1, 5, 4)
        doubled = [f for f, w in zip(frames, weights, strict=True) for _ in range(w)]
        one = MedianRank(weights=weights.tolist()).rank(frames, nobody(6))
        assert one.key.tolist() == MedianRank().rank(doubled, nobody(6)).key.tolist()


def test_a_minority_cannot_move_an_agent_beyond_what_the_others_say() -> None:
    honest = [frame([3.0, 2.0, 1.0]), frame([3.0, 1.0, 2.0]), frame([3.0, 2.0, 1.0])]
    liars = [frame([0.0, 1.0, 9.0]), frame([0.0, 1.0, 9.0])]
    ranking = MedianRank().rank(honest + liars, nobody(3))
    assert ranking.order[0] == 0
    assert ranking.key[0] == -1
