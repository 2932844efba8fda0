"""Whether a book says what it must: its journal's chain and tables, and every output computed again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.live import inspection
from quantrl.live.chain import Head
from quantrl.live.events import FIRST_OUTPUT, Event, is_content
from quantrl.live.journal import Journal
from quantrl.live.reading import kept_closed, opened
from quantrl.live.recover import Folded, codes_of, fold
from quantrl.live.setup import Setup
from quantrl.live.state import State
from quantrl.live.storage import DISK, Disk
from quantrl.runs import code_version

if TYPE_CHECKING:
    from quantrl.data import Panel


@dataclass(frozen=True)
class Verified:
    """What was found.

    Parameters
    ----------
    ok : bool
    first_bad_seq : int
        0 where nothing is wrong or the damage is not in one event.
    reason : str
        Empty where nothing is wrong.
    events : int
        Events read.
    rederived_fraction : float
        Part of the outputs that was computed again and is equal, in [0, 1]; the rest was written by other code. 0
        where that was not asked for.
    changed_rows : int
        Rows of the tables that differ from the events.
    head : Head or None
        End of the good part of the chain.
    """

    ok: bool
    first_bad_seq: int
    reason: str
    events: int
    rederived_fraction: float
    changed_rows: int
    head: Head | None


def verify(
    folder: str | Path,
    rederive: bool = False,
    panel: Panel | None = None,
    *,
    disk: Disk = DISK,
    vfs: str | None = None,
) -> Verified:
    """Check everything a book claims; nothing on the disk changes.

    Parameters
    ----------
    folder : str or Path
    rederive : bool
        Also compute every output again from the first event on, and ask the books for every identity after each input.
    panel : Panel, optional
        The feed's data, if loaded already.
    disk, vfs
        As in `Journal.open`.

    Returns
    -------
    Verified
        Damage is a report, not an error.

    Raises
    ------
    ConfigError
        No book there.
    AlreadyRunning
        A daemon has it.
    FeedError
        Its feed changed: expected and found sha256.
    """
    with kept_closed(folder, disk):
        found = inspection.verify(folder, disk=disk, vfs=vfs)
        plain = chained(found)
        if not (rederive and found.ok):
            return plain
        with opened(folder, panel, disk=disk, vfs=vfs) as book:
            return rederived(book.journal, book.setup, plain)


def chained(found: inspection.Report) -> Verified:
    """What the chain and the tables say, nothing computed again."""
    return Verified(
        found.ok, found.first_bad_seq, found.reason, found.events, 0.0, found.changed_rows, found.head
    )


def rederived(journal: Journal, setup: Setup, found: Verified) -> Verified:
    """The same finding, with every output of a sound journal computed again."""
    folded = Folded(State(setup))
    tail = _Checked(journal, folded.state)
    ours = {boot for boot, code in codes_of(journal).items() if code == code_version().encode()}
    seq, reason = 0, ""
    try:
        fold(folded, tail.events(), ours, accept_upgrade=True)
        folded.state.check()
    except Exception as error:  # what a chained but wrong payload makes the state do is not known beforehand
        seq, reason = (
            tail.seq,
            str(error) if str(error).startswith("event ") else f"event {tail.seq}: {error!r}",
        )
    return Verified(
        found.ok and not reason,
        seq or found.first_bad_seq,
        reason or found.reason,
        found.events,
        folded.fraction,
        found.changed_rows,
        found.head,
    )


class _Checked:
    """Content events, with the books asked before each input: then the cycle before it is whole."""

    def __init__(self, journal: Journal, state: State) -> None:
        self._journal, self._state = journal, state
        self.seq = 0

    def events(self) -> Iterator[Event]:
        for event in self._journal.events():
            if is_content(event.kind):
                if event.kind < FIRST_OUTPUT:
                    self._state.check()
                self.seq = event.seq
                yield event
