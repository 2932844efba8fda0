"""One input, all that follows from it, and the moment both are durable."""

from __future__ import annotations

import time
from typing import Any

from quantrl.errors import InvariantError
from quantrl.live import events
from quantrl.live.events import Event, event
from quantrl.live.heart import ALONE, Heart
from quantrl.live.journal import Journal
from quantrl.live.kept_state import plain_of
from quantrl.live.reducer import decide
from quantrl.live.snapshots import Snapshots
from quantrl.live.state import State
from quantrl.live.timings import Timings

GROUP = 256
GROUP_S = 0.005
SNAPSHOT_EVENTS = 50_000
SNAPSHOT_S = 600.0
CHECKPOINT_PAGES = 4_000
CHECK_EVERY = 64
KEEP_S = 30.0
"""Longest time that a snapshot, or a checkpoint, may take to be written."""


class Cycle:
    """A state and the journal that describes it, moved together.

    Parameters
    ----------
    state : State
        As the journal's end describes it.
    journal : Journal
    snapshots : Snapshots
    heart : Heart
        Beats while a snapshot or a checkpoint is written; a commit by itself is shorter than a silence may be.

    Attributes
    ----------
    ahead : bool
        An input failed half way: the state is ahead of the journal, and nothing more may be written from it.
    """

    def __init__(self, state: State, journal: Journal, snapshots: Snapshots, heart: Heart = ALONE) -> None:
        self.state, self.journal, self._heart = state, journal, heart
        self.ahead = False
        self._snapshots = snapshots
        self._pending, self._pending_since = 0, 0.0
        self._kept_ord, self._kept_at = state.ord, time.monotonic()
        self._bars = 0
        self.timings = Timings()

    def take(self, values: Any, ts: int, agent: int = -1) -> None:
        """Apply an input, then each event that follows before the next is asked for; append them all.

        Parameters
        ----------
        values : record of an input kind
        ts : int
            Event time, ns.
        agent : int
            Whose it is; -1: the book's.

        Raises
        ------
        InvariantError
            An earlier input failed half way.
        """
        if self.ahead:
            raise InvariantError("an earlier input failed half way; open the book again")
        given = event(values, ts=ts, agent=agent)
        made: list[Event] = [given]
        try:
            self.state.evolve(given)
            for out in decide(self.state, given):
                self.state.evolve(out)
                made.append(out)
            self.journal.append(made)
        except BaseException:
            self.ahead = True
            raise
        now = time.monotonic()
        if not self._pending:
            self._pending_since = now
        self._pending += len(made)
        if self._pending >= GROUP or now - self._pending_since > GROUP_S:
            self.commit()

    def note(self, *values: Any) -> None:
        """Append what changes no state, such as a boot or a shutdown."""
        self.journal.append([event(each, ts=self.state.ts) for each in values])

    def commit(self) -> None:
        """Make everything appended durable."""
        begun, before = time.monotonic(), self.journal.committed.seq
        if self.journal.commit().seq > before:
            self.timings.commit.add(time.monotonic() - begun)
        self._pending = 0
        if self.journal.wal_pages > CHECKPOINT_PAGES:
            with self._heart.longer(KEEP_S):
                self.journal.checkpoint()

    def end_bar(self) -> None:
        """Between two bars: now and then every identity is checked, and the state is kept."""
        self._bars += 1
        if self._bars % CHECK_EVERY == 0:
            self.state.check()
        due = self.state.ord - self._kept_ord >= SNAPSHOT_EVENTS
        if due or time.monotonic() - self._kept_at > SNAPSHOT_S:
            self.snapshot()

    def snapshot(self) -> str:
        """Keep the state, so that a start need not fold everything; the name of its file."""
        with self._heart.longer(KEEP_S):
            return self._snapshot()

    def _snapshot(self) -> str:
        self.commit()
        head = self.journal.committed
        name = self._snapshots.write(head.seq, head.ord, plain_of(self.state), self.journal.content_digest())
        self.note(events.Snapshot(name, self._snapshots.sha256(name)))
        self.commit()
        self._kept_ord, self._kept_at = self.state.ord, time.monotonic()
        return name
