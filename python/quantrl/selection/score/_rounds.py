"""Matured rows in the order they are scored: round after round, each once, late rows left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.errors import LookAheadError
from quantrl.selection._ledger_view import BEGINNING, LedgerView
from quantrl.typing import IntArray


@dataclass(frozen=True)
class Matured:
    """The rows of one round, one per agent.

    Attributes
    ----------
    rows : (k,) structured
        Ledger rows, ascending by agent.
    agent : (k,) uint32
    changed : (j,) uint32
        Agents whose version was raised with this round: their evidence starts again before it.
    effective : int
        ns.
    overlap : float
        How many rounds overlap this one in time, itself included.
    """

    rows: NDArray[Any]
    agent: NDArray[np.uint32]
    changed: NDArray[np.uint32]
    effective: int
    overlap: float


class Rounds:
    """How far a scorer has read a ledger."""

    def __init__(self) -> None:
        self.seen = BEGINNING
        self.folded = BEGINNING
        self._open: list[int] = []
        self._version: IntArray = np.zeros(0, dtype=np.int64)

    def take(self, view: LedgerView) -> tuple[Iterator[Matured], tuple[str, ...]]:
        """Rounds that became available since the last view, and a warning for each row left out.

        The rounds must be read to the end.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last. Nothing has changed.
        """
        if not isinstance(view, LedgerView):
            raise LookAheadError(f"expected a LedgerView from Ledger.as_of, got {type(view).__name__}")
        if view.t < self.seen:
            raise LookAheadError(f"expected a view of {self.seen} or later, got one of {view.t}")
        rows = view.delta(max(self.seen, view.since)).rows
        self.seen = view.t
        late = rows["effective"] <= self.folded
        warnings = _late_warnings(rows[late], view.agents) if late.any() else ()
        fresh = rows[~late] if warnings else rows
        return (self._matured(group, view.overlap) for group in _by_effective(fresh)), warnings

    def _matured(self, rows: NDArray[Any], overlap: int | None) -> Matured:
        agent = rows["agent"].astype(np.uint32)
        changed = self._changed(agent, rows["version"])
        effective = int(rows["effective"][0])
        self._open = [matured for matured in self._open if matured > effective]
        measured = 1 + len(self._open)
        self._open.append(int(rows["matured"][0]))
        self.folded = effective
        return Matured(rows, agent, changed, effective, float(overlap or measured))

    def _changed(self, agent: NDArray[np.uint32], version: NDArray[np.uint32]) -> NDArray[np.uint32]:
        known = len(self._version)
        if len(agent) and agent[-1] >= known:
            self._version = np.append(self._version, np.full(int(agent[-1]) + 1 - known, -1))
        before = self._version[agent]
        changed = version != before
        if not changed.any():
            return agent[:0]
        self._version[agent] = version
        again: NDArray[np.uint32] = agent[changed & (before >= 0)]
        return again

    @property
    def version(self) -> IntArray:
        """(A,) newest version of each agent; -1 before its first row."""
        return self._version

    def state(self) -> dict[str, Any]:
        """State as JSON."""
        return {
            "seen": self.seen,
            "folded": self.folded,
            "open": list(self._open),
            "versions": self._version.tolist(),
        }

    @staticmethod
    def of(state: dict[str, Any]) -> Rounds:
        """The reader that was saved.

        Raises
        ------
        KeyError, TypeError, ValueError
            The state is damaged.
        """
        made = Rounds()
        made._version = np.array(state["versions"], dtype=np.int64)
        made.seen, made.folded = int(state["seen"]), int(state["folded"])
        made._open = [int(matured) for matured in state["open"]]
        return made


def _by_effective(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    """Rounds in order, each ascending by agent; of several rows of one agent the newest version's last decision counts."""
    if not len(rows):
        return
    effective, agent = rows["effective"], rows["agent"]
    if (effective == effective[0]).all() and (agent[1:] > agent[:-1]).all():
        yield rows
        return
    rows = rows[np.lexsort((rows["decided"], rows["version"], agent, effective))]
    effective, agent = rows["effective"], rows["agent"]
    later = np.append(effective[1:] != effective[:-1], True)
    rows = rows[later | np.append(agent[1:] != agent[:-1], True)]
    yield from np.split(rows, np.flatnonzero(np.diff(rows["effective"])) + 1)


def _late_warnings(rows: NDArray[Any], agents: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"{'correction' if row['corrects'] else 'late row'} of {agents[row['agent']]} decided {row['decided']}: "
        "its round was already scored; left out"
        for row in rows
    )
