"""Where each agent stands: candidate, active or banned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.typing import BoolArray, IntArray

CANDIDATE, ACTIVE, BANNED = 0, 1, 2
STATES = ("candidate", "active", "banned")
FOR_GOOD = 2**62


@dataclass(frozen=True)
class Transition:
    """One change of state."""

    agent: int
    before: str
    after: str
    why: str


class Lifecycle:
    """States of agents 0..A-1, grown as agents appear.

    Parameters
    ----------
    ban : int
        Decisions an agent stays banned after a cut.
    """

    def __init__(self, ban: int = 63) -> None:
        self.ban = ban
        self.state: IntArray = np.zeros(0, dtype=np.int64)
        self.until: IntArray = np.zeros(0, dtype=np.int64)

    def grow(self, n: int) -> None:
        """Room for n agents; new ones are candidates."""
        missing = n - len(self.state)
        if missing > 0:
            self.state = np.append(self.state, np.zeros(missing, dtype=np.int64))
            self.until = np.append(self.until, np.zeros(missing, dtype=np.int64))

    @property
    def active(self) -> BoolArray:
        """(A,) funded now."""
        active: BoolArray = self.state == ACTIVE
        return active

    @property
    def banned(self) -> BoolArray:
        """(A,) banned now."""
        banned: BoolArray = self.state == BANNED
        return banned

    def release(self, decision: int) -> list[Transition]:
        """End the bans that are over at this decision."""
        free = (self.banned & (self.until <= decision)).nonzero()[0]
        self.state[free] = CANDIDATE
        return [Transition(a, "banned", "candidate", "ban over") for a in free.tolist()]

    def cut(
        self, agents: Sequence[int], decision: int, why: str, *, for_good: bool = False
    ) -> list[Transition]:
        """Ban agents from this decision on."""
        moves = []
        for agent in agents:
            if not (self.state[agent] == BANNED and self.until[agent] == FOR_GOOD):
                moves.append(Transition(agent, STATES[self.state[agent]], "banned", why))
            self.state[agent] = BANNED
            self.until[agent] = FOR_GOOD if for_good else decision + self.ban
        return moves

    def fund(self, agents: Sequence[int], why_not: Callable[[int], str]) -> list[Transition]:
        """Make exactly these agents active; `why_not` says why another loses its place."""
        chosen = np.zeros(len(self.state), dtype=np.bool_)
        chosen[list(agents)] = True
        moves = []
        for agent in (chosen != self.active).nonzero()[0].tolist():
            if chosen[agent]:
                moves.append(Transition(agent, STATES[self.state[agent]], "active", "selected"))
                self.state[agent] = ACTIVE
            else:
                moves.append(Transition(agent, "active", "candidate", why_not(agent)))
                self.state[agent] = CANDIDATE
        return moves

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {"state": self.state.tolist(), "until": self.until.tolist()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self.state = np.array(state["state"], dtype=np.int64)
        self.until = np.array(state["until"], dtype=np.int64)
