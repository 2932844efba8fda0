"""Contest rounds: one step at a time, each an event, so that a crash resumes at the next."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, NamedTuple

from quantrl.errors import LiveError
from quantrl.live.digests import Plain, digest
from quantrl.live.vocabulary import AGENT0, TREASURY


class RoundState(IntEnum):
    """How far a round is."""

    OPEN = 0
    SCORED = 1
    RANKED = 2
    ALLOCATED = 3
    SETTLED = 4


class Row(NamedTuple):
    """One agent in a round: share of capital, score in 1e-9, place."""

    agent: int
    ppm: int
    score: int
    rank: int


class Rounds:
    """The current round, and who was funded when.

    Parameters
    ----------
    n_agents : int
    """

    def __init__(self, n_agents: int) -> None:
        self.number = 0
        self.id = ""
        self.state = RoundState.SETTLED
        self.rows: tuple[Row, ...] = ()
        self.due: tuple[tuple[int, int], ...] = ()
        self._funded = [-1] * n_agents

    def next_state(self) -> RoundState | None:
        """The step that comes next; None when no round is under way."""
        return None if self.state == RoundState.SETTLED else RoundState(self.state + 1)

    def since_funded(self, agent: int) -> int | None:
        """Rounds since an agent last got capital, 0 = in this one; None = never."""
        return None if self._funded[agent] < 0 else self.number - self._funded[agent]

    def moved(self, round_id: str, state: int, rows: Iterable[Row] = ()) -> None:
        """Apply one step.

        Raises
        ------
        LiveError
            A step out of turn, of another round, or an id used by the last round; nothing has changed.
        """
        if state == RoundState.OPEN:
            if self.state != RoundState.SETTLED or round_id == self.id:
                raise LiveError(
                    f"round {round_id!r}: expected {self.id!r} settled and a new id, got {self.state.name}"
                )
            self.number, self.id, self.rows = self.number + 1, round_id, ()
        elif round_id != self.id or state != self.next_state():
            expected = "no step" if (step := self.next_state()) is None else step.name
            raise LiveError(f"round {round_id!r}, step {state}: expected {expected} of {self.id!r}")
        self.state = RoundState(state)
        self.rows = tuple(Row(*row) for row in rows) or self.rows

    def transferred(self, moves: Iterable[tuple[int, int]], due: Iterable[tuple[int, int]]) -> None:
        """Note who got capital in this round, (owner, amount), and what donors still owe, (agent, amount)."""
        for owner, amount in moves:
            if owner != TREASURY and amount > 0:
                self._funded[owner - AGENT0] = self.number
        self.due = tuple((agent, amount) for agent, amount in due)

    def to_plain(self) -> Plain:
        """Everything, as nested tuples."""
        rows = tuple(tuple(row) for row in self.rows)
        return (self.number, self.id, int(self.state), rows, self.due, tuple(self._funded))

    @classmethod
    def from_plain(cls, plain: Any) -> Rounds:
        """Rounds from `to_plain`."""
        number, name, state, rows, due, funded = plain
        rounds = cls(len(funded))
        rounds.number, rounds.id, rounds.state = number, name, RoundState(state)
        rounds.rows, rounds.due = tuple(Row(*row) for row in rows), tuple(map(tuple, due))
        rounds._funded = list(funded)
        return rounds

    def digest(self) -> bytes:
        """SHA-256 over everything."""
        return digest(self.to_plain())
