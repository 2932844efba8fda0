"""Where each agent stands, and what part of its slot it gets: capital grows by steps and falls at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import BoolArray, FloatArray, IntArray

CANDIDATE, ROOKIE, ACTIVE, PROBATION, CUT = range(5)
STATES = ("candidate", "rookie", "active", "probation", "cut")
FOR_GOOD = 2**62
EVERY = 5
"""Decisions from one step of vesting to the next."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Transition:
    """One change of state."""

    agent: int
    before: str
    after: str
    why: str


class Lifecycle:
    """States of agents 0..A-1, grown as agents appear.

    A candidate runs in its shadow account alone. One that is selected is a rookie: it gets `vesting` of its slot at once and
    as much again every fifth decision, and with all of it is active. In doubt it is on probation, with at most `probation`
    of its slot, and cut it has nothing for `ban` decisions, after which it is a candidate with its history.

    Parameters
    ----------
    ban : int
        Decisions an agent stays out after a cut.
    vesting : float
        Part of its slot, in (0, 1], that capital grows by; 1 gives all at once.
    probation : float
        Most of its slot, in (0, 1], that an agent on probation keeps; 1 takes nothing.

    Raises
    ------
    ConfigError
        A parameter is out of range.

    Attributes
    ----------
    level : (A,) float64
        Part of its slot each agent gets; 0 where it is not funded.
    """

    def __init__(self, ban: int = 63, *, vesting: float = 0.25, probation: float = 0.5) -> None:
        if ban < 0 or not 0 < vesting <= 1 or not 0 < probation <= 1:
            raise ConfigError(
                f"ban, vesting, probation: expected at least 0 and parts in (0, 1], got {ban}, {vesting} and {probation}"
            )
        self.ban, self.vesting, self.probation = ban, vesting, probation
        self.state: IntArray = np.zeros(0, dtype=np.int64)
        self.until: IntArray = np.zeros(0, dtype=np.int64)
        self.level: FloatArray = np.zeros(0)
        self._stepped: IntArray = np.zeros(0, dtype=np.int64)

    def grow(self, n: int) -> None:
        """Room for n agents; new ones are candidates."""
        missing = n - len(self.state)
        if missing > 0:
            none = np.zeros(missing, dtype=np.int64)
            self.state, self.until = np.append(self.state, none), np.append(self.until, none)
            self.level, self._stepped = (
                np.append(self.level, np.zeros(missing)),
                np.append(self._stepped, none),
            )

    @property
    def funded(self) -> BoolArray:
        """(A,) rookies, active and on probation."""
        funded: BoolArray = (self.state >= ROOKIE) & (self.state <= PROBATION)
        return funded

    @property
    def banned(self) -> BoolArray:
        """(A,) cut, and not yet candidates again."""
        banned: BoolArray = self.state == CUT
        return banned

    def release(self, decision: int) -> list[Transition]:
        """End the bans that are over at this decision."""
        free = (self.banned & (self.until <= decision)).nonzero()[0]
        return [self._to(CANDIDATE, agent, "ban over") for agent in free.tolist()]

    def cut(
        self, agents: Sequence[int], decision: int, why: str, *, for_good: bool = False
    ) -> list[Transition]:
        """Take all capital from this decision on."""
        moves = []
        for agent in agents:
            if self.state[agent] == CUT and self.until[agent] == FOR_GOOD:
                continue
            moves.append(self._to(CUT, agent, why))
            self.until[agent] = FOR_GOOD if for_good else decision + self.ban
        return moves

    def fund(self, agents: Sequence[int], decision: int, why_not: Callable[[int], str]) -> list[Transition]:
        """Fund exactly these agents, newcomers as rookies; `why_not` says why another loses its place."""
        chosen = np.zeros(len(self.state), dtype=np.bool_)
        chosen[list(agents)] = True
        moves = []
        for agent in (chosen != self.funded).nonzero()[0].tolist():
            if not chosen[agent]:
                moves.append(self._to(CANDIDATE, agent, why_not(agent)))
                continue
            self.level[agent], self._stepped[agent] = self.vesting, decision
            moves.append(self._to(ACTIVE if self.vesting == 1 else ROOKIE, agent, "selected"))
        return moves

    def watch(self, doubtful: BoolArray, calm: BoolArray, decision: int) -> list[Transition]:
        """Put funded agents in doubt on probation, end that of the calm, then let capital grow where it may.

        Parameters
        ----------
        doubtful, calm : (A,) bool
            Never both.
        decision : int
        """
        moves = []
        for agent in (self.funded & doubtful & (self.state != PROBATION)).nonzero()[0].tolist():
            moves.append(self._to(PROBATION, agent, "losses"))
            self.level[agent] = min(self.level[agent], self.probation)
        for agent in (calm & (self.state == PROBATION)).nonzero()[0].tolist():
            whole = self.level[agent] >= 1 - _ROUNDING
            moves.append(self._to(ACTIVE if whole else ROOKIE, agent, "recovered"))
            self._stepped[agent] = decision
        growing = (self.state == ROOKIE) & (decision >= self._stepped + EVERY)
        for agent in growing.nonzero()[0].tolist():
            self.level[agent] = min(1.0, self.level[agent] + self.vesting)
            self._stepped[agent] = decision
            if self.level[agent] >= 1 - _ROUNDING:
                self.level[agent] = 1.0
                moves.append(self._to(ACTIVE, agent, "all of its slot"))
        return moves

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        columns = {"state": self.state, "until": self.until, "level": self.level, "stepped": self._stepped}
        return {name: column.tolist() for name, column in columns.items()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        KeyError, OverflowError, TypeError, ValueError
            The state is damaged; nothing is loaded.
        """
        where = np.array(state["state"], dtype=np.int64)
        shape = where.shape
        level = np.array(state["level"], dtype=np.float64).reshape(shape)
        until, stepped = (
            np.array(state[name], dtype=np.int64).reshape(shape) for name in ("until", "stepped")
        )
        if not ((where >= 0) & (where < len(STATES)) & (level >= 0) & (level <= 1)).all():
            raise ValueError(f"states: expected 0 to {len(STATES) - 1} with a level from 0 to 1")
        self.state, self.until, self.level, self._stepped = where, until, level, stepped

    def _to(self, state: int, agent: int, why: str) -> Transition:
        before = STATES[self.state[agent]]
        self.state[agent] = state
        if state in (CANDIDATE, CUT):
            self.level[agent] = 0.0
        return Transition(agent, before, STATES[state], why)
