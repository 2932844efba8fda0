"""States and the transitions between them."""

from __future__ import annotations

import json

from quantrl.selection.lifecycle import Lifecycle, Transition


def test_fund_cut_ban_release() -> None:
    life = Lifecycle(ban=3)
    life.grow(3)
    assert life.fund([1], lambda agent: "outranked") == [Transition(1, "candidate", "active", "selected")]
    assert life.fund([1], lambda agent: "outranked") == []
    assert life.cut([1], 10, "cusum") == [Transition(1, "active", "banned", "cusum")]
    assert life.banned.tolist() == [False, True, False]
    assert life.release(12) == []
    assert life.release(13) == [Transition(1, "banned", "candidate", "ban over")]


def test_losing_the_place_says_why() -> None:
    life = Lifecycle()
    life.grow(2)
    life.fund([0], str)
    assert life.fund([1], lambda agent: f"why {agent}") == [
        Transition(0, "active", "candidate", "why 0"),
        Transition(1, "candidate", "active", "selected"),
    ]


def test_a_ruined_agent_never_comes_back_and_is_reported_once() -> None:
    life = Lifecycle(ban=2)
    life.grow(1)
    assert len(life.cut([0], 0, "ruined", for_good=True)) == 1
    assert life.cut([0], 1, "ruined", for_good=True) == []
    assert life.release(10**9) == []


def test_state_is_kept() -> None:
    life = Lifecycle(ban=5)
    life.grow(3)
    life.cut([2], 4, "cusum")
    again = Lifecycle(ban=5)
    again.load_state_dict(json.loads(json.dumps(life.state_dict())))
    again.grow(2)
    assert again.banned.tolist() == [False, False, True]
    assert again.release(9) == [Transition(2, "banned", "candidate", "ban over")]
