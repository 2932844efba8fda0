"""States, the transitions between them, and the part of its slot each state gives an agent."""

from __future__ import annotations

import json

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.lifecycle import EVERY, STATES, Lifecycle, Transition

NOBODY, ALL = np.zeros(2, dtype=bool), np.ones(2, dtype=bool)
FIRST = np.array([True, False])


def outranked(_: int) -> str:
    return "outranked"


def funded(decision: int = 0, **options: float) -> Lifecycle:
    """Two agents, the first of them just selected."""
    life = Lifecycle(**options)  # type: ignore[arg-type]
    life.grow(2)
    life.fund([0], decision, outranked)
    return life


def test_fund_cut_ban_release() -> None:
    life = funded(ban=3)
    assert STATES[life.state[0]] == "rookie"
    assert life.fund([0], 1, outranked) == []
    assert life.cut([0], 10, "cusum") == [Transition(0, "rookie", "cut", "cusum")]
    assert (life.banned.tolist(), life.level.tolist()) == ([True, False], [0.0, 0.0])
    assert life.release(12) == []
    assert life.release(13) == [Transition(0, "cut", "candidate", "ban over")]


def test_who_is_out_for_good_stays_out_whatever_comes_after() -> None:
    life = funded(ban=3)
    life.cut([0], 10, "ruined", for_good=True)
    assert life.cut([0], 11, "faulty") == []
    assert life.release(10**9) == []


def test_losing_the_place_says_why_and_takes_everything() -> None:
    life = funded()
    assert life.fund([1], 1, lambda agent: f"why {agent}") == [
        Transition(0, "rookie", "candidate", "why 0"),
        Transition(1, "candidate", "rookie", "selected"),
    ]
    assert life.level.tolist() == [0.0, 0.25]


def test_a_quarter_more_every_fifth_decision_and_no_step_skipped() -> None:
    life, levels, moves = funded(7), [], []
    for decision in range(8, 30):
        moves += [(decision, move.after) for move in life.watch(NOBODY, ALL, decision)]
        levels.append(life.level[0])
    assert levels == [0.25] * 4 + [0.5] * 5 + [0.75] * 5 + [1.0] * 8
    assert moves == [(7 + 3 * EVERY, "active")]


def test_in_doubt_half_at_once_and_back_by_steps() -> None:
    life = funded(vesting=1.0)
    assert (STATES[life.state[0]], life.level[0]) == ("active", 1.0)
    assert life.watch(FIRST, ~FIRST, 1) == [Transition(0, "active", "probation", "losses")]
    assert life.level[0] == 0.5
    assert life.watch(FIRST, ~FIRST, 9) == life.watch(NOBODY, ~FIRST, 10) == []
    assert life.level[0] == 0.5
    assert life.watch(NOBODY, ALL, 11) == [Transition(0, "probation", "rookie", "recovered")]
    assert life.watch(NOBODY, ALL, 15) == []
    assert life.watch(NOBODY, ALL, 16) == [Transition(0, "rookie", "active", "all of its slot")]
    assert life.level[0] == 1.0


def test_a_rookie_in_doubt_grows_no_further_and_keeps_what_it_has() -> None:
    life = funded()
    life.watch(FIRST, ~FIRST, 1)
    for decision in range(2, 40):
        life.watch(FIRST, ~FIRST, decision)
    assert (STATES[life.state[0]], life.level[0]) == ("probation", 0.25)


def test_all_at_once_where_nothing_vests_and_nobody_is_on_probation() -> None:
    life = funded(vesting=1.0, probation=1.0)
    for decision in range(1, 9):
        life.watch(FIRST, ~FIRST, decision)
        assert life.level.tolist() == [1.0, 0.0]


def test_a_ruined_agent_never_comes_back_and_is_reported_once() -> None:
    life = funded(ban=2)
    assert len(life.cut([0], 0, "ruined", for_good=True)) == 1
    assert life.cut([0], 1, "ruined", for_good=True) == []
    assert life.release(10**9) == []


def test_state_is_kept() -> None:
    life = funded(3)
    life.cut([1], 4, "cusum")
    again = Lifecycle()
    again.load_state_dict(json.loads(json.dumps(life.state_dict())))
    again.grow(2)
    assert again.banned.tolist() == [False, True]
    for one in (life, again):
        one.watch(NOBODY, ALL, 8)
    assert again.level.tolist() == life.level.tolist() == [0.5, 0.0]
    assert again.release(67) == [Transition(1, "cut", "candidate", "ban over")]


@pytest.mark.parametrize("options", [{"ban": -1}, {"vesting": 0.0}, {"vesting": 1.1}, {"probation": 0.0}])
def test_refuses(options: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="vesting"):
        Lifecycle(**options)  # type: ignore[arg-type]
