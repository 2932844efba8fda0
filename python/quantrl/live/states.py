"""What the whole book may do, what changes that, and what follows; a table."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from quantrl.errors import LiveError
from quantrl.live.digests import Plain
from quantrl.live.vocabulary import TradingState


class Cause(StrEnum):
    """Why a state changes: a command's verb, a gate, a sign from outside, or what the daemon finished."""

    ACTIVE = "active"
    NO_ENTRY = "no_entry"
    REDUCE_ONLY = "reduce_only"
    CANCEL_ALL = "cancel_all"
    FLATTEN = "flatten"
    HALT = "halt"
    RESUME = "resume"
    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    DRAWDOWN_HALT = "drawdown_halt"
    REFUSALS = "refusals"
    INVARIANT = "invariant"
    JOURNAL = "journal"
    SIGNAL = "signal"
    KILL_FILE = "kill_file"
    NEW_SESSION = "new_session"
    CANCELLED = "cancelled"
    FLAT = "flat"
    SESSION_END = "session_end"


class Source(StrEnum):
    """Who speaks."""

    CLI = "cli"
    API = "api"
    GATE = "gate"
    DAEMON = "daemon"
    SIGNAL = "signal"
    FILE = "file"
    SCHEDULE = "schedule"


class Follow(StrEnum):
    """What the daemon does when a state begins."""

    CANCEL_RESTING = "cancel_resting"
    CANCEL_INCREASING = "cancel_increasing"
    CLOSE_POSITIONS = "close_positions"


_PEOPLE = frozenset({Source.CLI, Source.API})
_PLANNED = _PEOPLE | {Source.SCHEDULE}
JOB = "job "
"""Begins the words of a state that a job brought."""
_GATE, _DAEMON = frozenset({Source.GATE}), frozenset({Source.DAEMON})
#                ACTIVE       NO_ENTRY     REDUCE_ONLY  CANCEL_ALL   FLATTEN      HALTED       ("." stays, "!" refused)
_ROWS = """
active           .            ACTIVE       ACTIVE       !            !            !
no_entry         NO_ENTRY     .            NO_ENTRY     .            !            !
reduce_only      REDUCE_ONLY  REDUCE_ONLY  .            !            !            !
cancel_all       CANCEL_ALL   CANCEL_ALL   CANCEL_ALL   .            !            !
flatten          FLATTEN      FLATTEN      FLATTEN      FLATTEN      .            !
halt             HALTED       HALTED       HALTED       HALTED       HALTED       .
resume           !            !            !            !            !            NO_ENTRY
daily_loss       NO_ENTRY     .            .            .            .            .
drawdown         REDUCE_ONLY  REDUCE_ONLY  .            .            .            .
drawdown_halt    HALTED       HALTED       HALTED       HALTED       HALTED       .
refusals         HALTED       HALTED       HALTED       HALTED       HALTED       .
invariant        HALTED       HALTED       HALTED       HALTED       HALTED       .
journal          HALTED       HALTED       HALTED       HALTED       HALTED       .
signal           HALTED       HALTED       HALTED       HALTED       HALTED       .
kill_file        HALTED       HALTED       HALTED       HALTED       HALTED       .
new_session      .            .            .            .            .            .
cancelled        .            .            .            NO_ENTRY     .            .
flat             .            .            .            .            HALTED       .
session_end      .            .            .            .            HALTED       .
"""
TABLE: dict[tuple[Cause, TradingState], str] = {
    (Cause(cause), state): name
    for cause, *names in (row.split() for row in _ROWS.strip().splitlines())
    for state, name in zip(TradingState, names, strict=True)
}
MAY: dict[Cause, frozenset[Source]] = {
    **dict.fromkeys(list(Cause)[:5], _PLANNED),
    Cause.HALT: _PEOPLE,
    Cause.RESUME: frozenset({Source.CLI}),
    **dict.fromkeys((Cause.DAILY_LOSS, Cause.DRAWDOWN, Cause.DRAWDOWN_HALT, Cause.REFUSALS), _GATE),
    **dict.fromkeys((Cause.INVARIANT, Cause.JOURNAL, *list(Cause)[-4:]), _DAEMON),
    Cause.SIGNAL: frozenset({Source.SIGNAL}),
    Cause.KILL_FILE: frozenset({Source.FILE}),
}
FOLLOWS: dict[TradingState, tuple[Follow, ...]] = {
    TradingState.ACTIVE: (),
    TradingState.NO_ENTRY: (),
    TradingState.REDUCE_ONLY: (Follow.CANCEL_INCREASING,),
    TradingState.CANCEL_ALL: (Follow.CANCEL_RESTING,),
    TradingState.FLATTEN: (Follow.CANCEL_RESTING, Follow.CLOSE_POSITIONS),
    TradingState.HALTED: (Follow.CANCEL_RESTING,),
}


class Change(NamedTuple):
    """A state that begins; `reason` is the cause, and after a colon the words of whoever asked."""

    state: int
    reason: str


class Trading:
    """The state, and why it is so."""

    def __init__(self, state: int = TradingState.ACTIVE, reason: str = Cause.ACTIVE.value) -> None:
        self.state = TradingState(state)
        self.reason = reason

    def change(self, cause: str, source: str, *, words: str = "", confirmed: bool = False) -> Change | None:
        """What `cause` does now; nothing changes before `moved`.

        Parameters
        ----------
        cause, source : str
            A `Cause` and a `Source`.
        words : str
            Free text for the reason.
        confirmed : bool
            Whether the book's name was typed; `resume` needs it.

        Returns
        -------
        Change or None
            None: nothing.

        Raises
        ------
        LiveError
            An unknown cause, one that the source may not give, or one refused in this state.
        """
        if cause not in set(Cause):
            raise LiveError(f"verb: expected one of {', '.join(Cause)}, got {cause!r}")
        why = Cause(cause)
        if source not in MAY[why]:
            raise LiveError(f"{why}: expected from {' or '.join(sorted(MAY[why]))}, got {source!r}")
        after = TABLE[why, self.state]
        if after == "!":
            raise LiveError(f"{why}: not while the book is {self.state.name}")
        if why == Cause.RESUME and not confirmed:
            raise LiveError("resume: expected the book's name as confirmation")
        if source == Source.SCHEDULE and not self._may_be_planned(why, after):
            return None
        reason = f"{why}: {words}" if words else why.value
        if why == Cause.NEW_SESSION and self._lifts():
            return Change(int(TradingState.ACTIVE), reason)
        if after == "." and why == Cause.NO_ENTRY and self._lifts():
            return Change(int(TradingState.NO_ENTRY), reason)
        return None if after == "." else Change(int(TradingState[after]), reason)

    def moved(self, state: int, reason: str) -> None:
        """Apply a change."""
        self.state, self.reason = TradingState(state), reason

    def _may_be_planned(self, why: Cause, after: str) -> bool:
        """A job makes what may be done narrower, or lifts what a job brought; what people and gates set stays theirs."""
        if why == Cause.ACTIVE:
            return self.reason.partition(": ")[2].startswith(JOB)
        return after != "." and TradingState[after] > self.state

    def _lifts(self) -> bool:
        """Whether the next session ends this state by itself."""
        return self.state == TradingState.NO_ENTRY and self.reason.partition(":")[0] == Cause.DAILY_LOSS

    def to_plain(self) -> Plain:
        """State and reason."""
        return (int(self.state), self.reason)

    @classmethod
    def from_plain(cls, plain: tuple[int, str]) -> Trading:
        """A state from `to_plain`."""
        return cls(*plain)


def allows(state: int, *, reduces: bool, own: bool = False) -> bool:
    """Whether an order may leave.

    Parameters
    ----------
    reduces : bool
        It only brings the position toward zero.
    own : bool
        The daemon's own closing order, not an agent's.
    """
    if state == TradingState.ACTIVE:
        return True
    if state in (TradingState.NO_ENTRY, TradingState.REDUCE_ONLY):
        return reduces
    return state == TradingState.FLATTEN and reduces and own
