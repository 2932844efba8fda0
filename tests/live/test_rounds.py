"""Rounds: one step after the other, resumed where they stopped."""

from __future__ import annotations

from itertools import product

import pytest

from quantrl.errors import LiveError
from quantrl.live.rounds import Rounds, RoundState, Row
from quantrl.live.vocabulary import TREASURY, owner_of


def at(state: RoundState) -> Rounds:
    rounds = Rounds(3)
    for step in RoundState:
        rounds.moved("r1", step)
        if step == state:
            break
    return rounds


@pytest.mark.parametrize(("state", "step"), list(product(RoundState, RoundState)))
def test_only_the_next_step_is_taken(state: RoundState, step: RoundState) -> None:
    rounds = at(state)
    before = rounds.digest()
    if state != RoundState.SETTLED and step == state + 1:
        assert rounds.next_state() == step
        rounds.moved("r1", step)
        assert rounds.state == step
    else:
        with pytest.raises(LiveError, match="round 'r1'"):
            rounds.moved("r1", step)
        assert rounds.digest() == before


def test_another_round_opens_only_after_the_last_is_settled() -> None:
    rounds = at(RoundState.RANKED)
    with pytest.raises(LiveError, match="r2"):
        rounds.moved("r2", RoundState.OPEN)
    with pytest.raises(LiveError, match="r2"):
        rounds.moved("r2", RoundState.ALLOCATED)
    rounds = at(RoundState.SETTLED)
    assert rounds.next_state() is None
    rounds.moved("r2", RoundState.OPEN)
    assert (rounds.number, rounds.id) == (2, "r2")


def test_rounds_since_funding_and_rows_survive_plain_values() -> None:
    rounds = Rounds(3)
    for name in ("a", "b"):
        for step in RoundState:
            rounds.moved(name, step, [Row(0, 10, -5, 1)] if step == RoundState.RANKED else ())
        if name == "a":
            rounds.transferred([(TREASURY, -9), (owner_of(1), 9)], [(2, 4)])
    assert [rounds.since_funded(agent) for agent in range(3)] == [None, 1, None]
    assert rounds.rows == (Row(0, 10, -5, 1),)
    assert rounds.due == ((2, 4),)
    again = Rounds.from_plain(rounds.to_plain())
    assert again.digest() == rounds.digest()
    assert again.since_funded(1) == 1
