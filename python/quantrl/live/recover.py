"""From a journal back to the state it describes, every output computed again and compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from quantrl.errors import JournalError, ReplayMismatch
from quantrl.live import events
from quantrl.live.chain import genesis, link
from quantrl.live.events import FIRST_OUTPUT, KIND_OF, KINDS, Event, decode, is_content
from quantrl.live.heart import ALONE, Heart
from quantrl.live.journal import Journal
from quantrl.live.kept_state import state_of
from quantrl.live.reducer import decide
from quantrl.live.setup import Setup
from quantrl.live.snapshots import Snapshots
from quantrl.live.state import State

LOAD_S = 120.0
"""Longest time a snapshot may take to be read and turned into a state."""
BOOT = KIND_OF[events.Boot]
MARKET = KIND_OF[events.Market]


@dataclass
class Folded:
    """A state, and how it was reached.

    Parameters
    ----------
    state : State
    snapshot : str
        Name of the snapshot it began with; empty: genesis.
    compared, taken : int
        Outputs computed again and equal; outputs of other code taken as they are.
    """

    state: State
    snapshot: str = ""
    compared: int = 0
    taken: int = 0

    @property
    def fraction(self) -> float:
        """Part of the outputs that was computed again; 1 without any."""
        return self.compared / max(self.compared + self.taken, 1) if self.compared + self.taken else 1.0


def recover(
    journal: Journal,
    setup: Setup,
    snapshots: Snapshots | None,
    *,
    code: bytes,
    accept_upgrade: bool = False,
    heart: Heart = ALONE,
) -> Folded:
    """The state at the journal's end.

    Parameters
    ----------
    journal : Journal
    setup : Setup
    snapshots : Snapshots, optional
        Without it everything is folded from genesis.
    code : bytes
        Hash of the code that runs.
    accept_upgrade : bool
        Take outputs of other code as facts.
    heart : Heart
        Beats while events are folded.

    Raises
    ------
    JournalError
        The chain is broken after the snapshot.
    ReplayMismatch
        What was computed again differs, or other code wrote what would have to be computed again.
    """
    head = journal.committed
    with heart.longer(LOAD_S):
        found = snapshots.newest_good(head.seq) if snapshots is not None else None
        if found is not None and not belongs(journal, found.seq, found.ord):
            found = None
        state = State(setup) if found is None else state_of(setup, found.state)
    folded = Folded(state, "" if found is None else found.name)
    start = 0 if found is None else found.seq
    ours = {boot for boot, its in codes_of(journal).items() if its == code}
    fold(folded, linked(journal, start), ours, accept_upgrade, heart)
    return folded


def fold(
    folded: Folded,
    stored: Iterable[Event],
    ours: set[int] | None = None,
    accept_upgrade: bool = False,
    heart: Heart = ALONE,
) -> None:
    """Apply content events; outputs are computed again where this code wrote them (`ours`: boots; None: all).

    Raises
    ------
    ReplayMismatch
        The first event that differs, by its seq.
    """
    state = folded.state
    content = (event for event in stored if is_content(event.kind))
    waiting: Event | None = next(content, None)
    while waiting is not None:
        heart.beat()
        given = waiting
        if given.kind >= FIRST_OUTPUT:
            raise ReplayMismatch(f"event {given.seq}: expected an input, got {KINDS[given.kind].name}")
        _check_rows(state, given)
        state.evolve(given)
        if ours is not None and given.boot not in ours:
            if not accept_upgrade:
                raise ReplayMismatch(
                    f"event {given.seq}: written by other code; stop it cleanly with the old code, or accept the upgrade"
                )
            waiting = next(content, None)
            while waiting is not None and waiting.kind >= FIRST_OUTPUT:
                state.evolve(waiting)
                folded.taken += 1
                waiting = next(content, None)
            continue
        for made in decide(state, given):
            there = next(content, None)
            _same(made, there, given)
            state.evolve(made)
            folded.compared += 1
        waiting = next(content, None)


def _check_rows(state: State, given: Event) -> None:
    """The feed still says what it said."""
    if given.kind == MARKET:
        market = decode(given.kind, given.payload)
        state.setup.feed.check(market.first, market.last, market.sha256)


def _same(made: Event, stored: Event | None, given: Event) -> None:
    if stored is None:
        raise ReplayMismatch(f"after event {given.seq}: expected {KINDS[made.kind].name}, the journal ends")
    a = (made.kind, made.ts, made.agent, made.cause, made.payload)
    b = (stored.kind, stored.ts, stored.agent, stored.cause, stored.payload)
    if a != b:
        expected = f"{KINDS[stored.kind].name} {tuple(decode(stored.kind, stored.payload))!r:.300}"
        got = f"{KINDS[made.kind].name} {tuple(decode(made.kind, made.payload))!r:.300}"
        raise ReplayMismatch(f"event {stored.seq}: stored {expected}, computed again {got}")


def codes_of(journal: Journal) -> dict[int, bytes]:
    """Hash of the code that wrote each boot."""
    query = "SELECT boot, payload FROM event WHERE kind = ? ORDER BY seq"
    return {boot: decode(BOOT, payload).code for boot, payload in journal.rows(query, (BOOT,))}


def belongs(journal: Journal, seq: int, ord: int) -> bool:
    """Whether content had come so far at a seq; a snapshot that says otherwise is of another book."""
    rows = journal.rows("SELECT ifnull(max(ord), 0) FROM event WHERE seq <= ?", (seq,))
    return bool(rows and rows[0][0] == ord)


def linked(journal: Journal, start: int, end: int | None = None) -> Iterator[Event]:
    """Events after seq `start`, up to `end`, each checked to follow from the one before."""
    before = next(iter(journal.events(start, start))).hash if start else genesis(journal.book_id).hash
    for event in journal.events(start + 1, end):
        if link(before, event.seq, event.ord, event.boot, event) != event.hash:
            raise JournalError(f"event {event.seq}: its hash does not follow from the one before", event.seq)
        before = event.hash
        yield event
