"""Trading states: every state with every cause, who may ask, and what leaves where."""

from __future__ import annotations

from itertools import product

import pytest

from quantrl.errors import LiveError
from quantrl.live.states import FOLLOWS, MAY, TABLE, Cause, Change, Follow, Source, Trading, allows
from quantrl.live.vocabulary import TradingState

S = TradingState


@pytest.mark.parametrize(("state", "cause"), list(product(S, Cause)))
def test_every_state_with_every_cause(state: S, cause: Cause) -> None:
    trading = Trading(state)
    source = sorted(MAY[cause])[0]
    if TABLE[cause, state] == "!":
        with pytest.raises(LiveError, match=state.name):
            trading.change(cause, source, confirmed=True)
        return
    change = trading.change(cause, source, confirmed=True, words="why")
    assert (change.state if change else state) == (
        S[TABLE[cause, state]] if TABLE[cause, state] != "." else state
    )
    assert change is None or change.reason == f"{cause}: why"


def test_halted_is_left_by_resume_alone_from_the_command_line_with_the_name() -> None:
    ways = {cause for (cause, state), after in TABLE.items() if state == S.HALTED and after not in (".", "!")}
    assert ways == {Cause.RESUME}
    halted = Trading(S.HALTED)
    with pytest.raises(LiveError, match="confirmation"):
        halted.change("resume", "cli")
    with pytest.raises(LiveError, match="expected from cli"):
        halted.change("resume", "api", confirmed=True)
    assert halted.change("resume", "cli", confirmed=True) == Change(S.NO_ENTRY, "resume")


def test_gates_and_signs_only_ever_tighten() -> None:
    rank = {S.ACTIVE: 0, S.NO_ENTRY: 1, S.REDUCE_ONLY: 2, S.CANCEL_ALL: 3, S.FLATTEN: 4, S.HALTED: 5}
    for (cause, state), after in TABLE.items():
        if after not in (".", "!") and MAY[cause] & {Source.GATE, Source.SIGNAL, Source.FILE}:
            assert rank[S[after]] > rank[state]


def test_a_daily_loss_ends_with_the_session_and_a_command_does_not() -> None:
    trading = Trading()
    trading.moved(*trading.change("daily_loss", "gate", words="3.1 %"))  # type: ignore[misc]
    assert trading.change("new_session", "daemon") == Change(S.ACTIVE, "new_session")
    trading.moved(*trading.change("no_entry", "cli"))  # type: ignore[misc]
    assert trading.change("new_session", "daemon") is None
    assert trading.change("no_entry", "cli") is None
    assert trading.change("active", "api") == Change(S.ACTIVE, "active")


@pytest.mark.parametrize(
    ("cause", "source"), [("jump", "cli"), ("halt", "gate"), ("drawdown", "api"), ("flat", "cli")]
)
def test_unknown_causes_and_strangers_are_refused_and_nothing_changes(cause: str, source: str) -> None:
    trading = Trading()
    with pytest.raises(LiveError, match="expected"):
        trading.change(cause, source)
    assert trading.to_plain() == (0, "active")


@pytest.mark.parametrize(
    ("state", "passes"),
    [
        (S.ACTIVE, {(False, False), (True, False), (False, True), (True, True)}),
        (S.NO_ENTRY, {(True, False), (True, True)}),
        (S.REDUCE_ONLY, {(True, False), (True, True)}),
        (S.CANCEL_ALL, set()),
        (S.FLATTEN, {(True, True)}),
        (S.HALTED, set()),
    ],
)
def test_what_may_leave(state: S, passes: set[tuple[bool, bool]]) -> None:
    every = product((False, True), (False, True))
    assert {(r, own) for r, own in every if allows(state, reduces=r, own=own)} == passes


def test_what_follows() -> None:
    assert FOLLOWS[S.FLATTEN] == (Follow.CANCEL_RESTING, Follow.CLOSE_POSITIONS)
    assert FOLLOWS[S.HALTED] == FOLLOWS[S.CANCEL_ALL] == (Follow.CANCEL_RESTING,)
    assert FOLLOWS[S.REDUCE_ONLY] == (Follow.CANCEL_INCREASING,)
    assert FOLLOWS[S.NO_ENTRY] == ()
    assert set(FOLLOWS) == set(S)


def test_plain_values() -> None:
    trading = Trading(S.HALTED, "kill_file: touched")
    assert Trading.from_plain(trading.to_plain()).to_plain() == (5, "kill_file: touched")  # type: ignore[arg-type]
