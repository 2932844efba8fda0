"""The order of least disagreement, against all orders."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.rank import _agreement
from quantrl.selection.rank._agreement import disagreement
from quantrl.selection.rank.borda import Borda
from quantrl.selection.rank.kemeny import Kemeny
from reference.votes import disagreements, first_best, orders
from selection.frames import frame
from selection.rank.voters import nobody, voters

CASES = 170


def test_no_order_contradicts_less() -> None:
    rng = np.random.default_rng(5)
    for case in range(CASES):
        agents = int(rng.integers(1, 9)) if case % 4 else 8
        frames = voters(rng, int(rng.integers(1, 6)), agents, levels=None if case % 2 else 4)
        weights = rng.integers(1, 4, len(frames)).tolist()
        ranking = Kemeny(weights=weights).rank(frames, nobody(agents))
        places, share = ranking.ballots().places, ranking.ballots().weights
        prefer = np.einsum("v,vij->ij", share, places[:, :, None] < places[:, None, :])
        assert ranking.order.tolist() == first_best(agents, -disagreements(prefer)).tolist()
        assert disagreement(ranking.order, prefer) == pytest.approx(disagreements(prefer).min(), abs=1e-9)


def test_a_majority_of_every_pair_is_heard() -> None:
    # Condorcet's order exists although Borda prefers another agent.
    frames = [frame([3.0, 2.0, 1.0])] * 3 + [frame([2.0, 3.0, 2.5])] * 2
    assert Kemeny().rank(frames, nobody(3)).order[0] == 0
    assert Borda().rank([frame([3.0, 2.0, 1.0])] * 3 + [frame([1.0, 3.0, 2.0])] * 2, nobody(3)).order[0] == 1
    assert Kemeny().rank([frame([3.0, 2.0, 1.0])] * 3 + [frame([1.0, 3.0, 2.0])] * 2, nobody(3)).order[0] == 0


def test_moves_never_end_above_borda_and_nothing_is_left_to_gain() -> None:
    rng = np.random.default_rng(6)
    found, least = 0.0, 0.0
    for case in range(24):
        agents = 7 if case % 2 else 16
        frames = voters(rng, 5, agents)
        ranking = Kemeny(exact=False).rank(frames, nobody(agents))
        places = ranking.ballots().places
        prefer = (places[:, :, None] < places[:, None, :]).mean(axis=0)
        own = disagreement(ranking.order, prefer)
        assert own <= disagreement(Borda().rank(frames, nobody(agents)).order, prefer) + 1e-12
        for item in range(agents):
            rest = np.delete(ranking.order, item)
            for place in range(agents):
                moved = np.insert(rest, place, ranking.order[item])
                assert disagreement(moved, prefer) >= own - 1e-9
        if agents == 7:
            found, least = found + own, least + disagreements(prefer).min()
    assert found <= 1.02 * least


def test_fifteen_agents_take_moves_and_exact_refuses_them() -> None:
    rng = np.random.default_rng(7)
    frames = voters(rng, 3, 15)
    assert Kemeny().rank(frames, nobody(15)).order.tolist() == (
        Kemeny(exact=False).rank(frames, nobody(15)).order.tolist()
    )
    with pytest.raises(ConfigError, match="at most 14 ready agents, got 15"):
        Kemeny(exact=True).rank(frames, nobody(15))
    fourteen = Kemeny(exact=True).rank(voters(rng, 3, 14), nobody(14))
    assert sorted(fourteen.pos.tolist()) == list(range(1, 15))


def test_orders_are_counted_as_they_should() -> None:
    assert orders(4).tolist()[0] == [0, 1, 2, 3]
    assert len(orders(8)) == 40_320
    prefer = np.array([[0.0, 0.25], [0.75, 0.0]])
    assert disagreements(prefer).tolist() == [0.75, 0.25]
    assert _agreement.least(prefer).tolist() == [1, 0]
