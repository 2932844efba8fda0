"""The best path, against all paths; chances of pairs from the posterior draws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.rank._best_path import improved, inserted, length, longest
from quantrl.selection.rank.tsp_rank import TspRank
from reference.votes import first_best, lengths
from selection.frames import frame
from selection.rank.voters import nobody, voters

CASES = 170


def gains(rng: np.random.Generator, n: int, *, levels: int | None = None) -> np.ndarray:
    """Chances of i above j."""
    share = rng.random((n, n)) if levels is None else rng.integers(levels + 1, size=(n, n)) / levels
    upper = np.triu(share, 1)
    return upper + np.tril(1.0 - upper.T, -1)


def test_no_path_is_better() -> None:
    rng = np.random.default_rng(5)
    for case in range(CASES):
        n = int(rng.integers(1, 9)) if case % 4 else 8
        gain = gains(rng, n, levels=None if case % 2 else 4)
        path = longest(gain)
        assert path.tolist() == first_best(n, lengths(gain)).tolist()


def test_moves_of_up_to_three_help_no_more() -> None:
    rng = np.random.default_rng(6)
    found, best = 0.0, 0.0
    for case in range(20):
        n = 7 if case % 2 else 16
        gain = gains(rng, n)
        start = inserted(gain)
        path = improved(start, gain)
        assert sorted(path.tolist()) == list(range(n))
        own = length(path, gain)
        assert own >= length(start, gain)
        for size in (1, 2, 3):
            for first in range(n - size + 1):
                rest = np.delete(path, slice(first, first + size))
                for place in range(len(rest) + 1):
                    moved = np.insert(rest, place, path[first : first + size])
                    assert length(moved, gain) <= own + 1e-9
        if n == 7:
            found, best = found + own, best + lengths(gain).max()
    assert found >= 0.97 * best


def test_labels_permuted_permute_the_path() -> None:
    rng = np.random.default_rng(7)
    for n in (6, 9):
        gain, order = gains(rng, n), rng.permutation(n)
        moved = gain[np.ix_(order, order)]
        assert order[longest(moved)].tolist() == longest(gain).tolist()


def test_chances_of_pairs_are_those_of_the_normal_posteriors() -> None:
    mean, sd = np.array([0.3, 0.1, np.nan, 0.0]), np.array([0.2, 0.3, np.nan, 0.1])
    rule = TspRank(hysteresis=0.0)
    opinions = rule._opinions([frame(mean, sd=sd)], nobody(4))
    share = rule.above(opinions)
    known = [0, 1, 3]
    for a, i in enumerate(known):
        for b, j in enumerate(known):
            if a != b:
                z = (mean[i] - mean[j]) / math.hypot(sd[i], sd[j])
                assert share[a, b] == pytest.approx(0.5 * math.erfc(-z / math.sqrt(2)), abs=0.03)
                assert share[a, b] + share[b, a] == pytest.approx(1.0)


def test_weights_join_the_chances_and_the_unknown_stand_below() -> None:
    one, two = frame([0.9, 0.1, 0.5], sd=[1e-6] * 3), frame([0.1, np.nan, np.nan], sd=[1e-6, np.nan, np.nan])
    rule = TspRank(weights=(1, 3))
    share = rule.above(rule._opinions([one, two], nobody(3)))
    assert share.tolist() == [[0, 1, 1], [0, 0, 0.375], [0, 0.625, 0]]
    assert rule.rank([one, two], nobody(3)).order.tolist() == [0, 2, 1]


def test_fifteen_agents_take_moves_and_exact_refuses_them() -> None:
    frames = voters(np.random.default_rng(8), 2, 15)
    ranking = TspRank().rank(frames, nobody(15))
    assert ranking.pos.tolist() == TspRank(exact=False).rank(frames, nobody(15)).pos.tolist()
    with pytest.raises(ConfigError, match="at most 14 ready agents, got 15"):
        TspRank(exact=True).rank(frames, nobody(15))
