"""A stretch of a book's life computed again and compared with what was stored."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.errors import DataError, ReplayMismatch
from quantrl.live.events import FIRST_OUTPUT
from quantrl.live.kept_state import state_of
from quantrl.live.reading import ClosedBook, closed_book
from quantrl.live.recover import Folded, belongs, codes_of, fold, linked
from quantrl.live.state import State
from quantrl.runs import code_version
from quantrl.typing import JsonObject

if TYPE_CHECKING:
    from quantrl.data import Panel


@dataclass(frozen=True)
class Replayed:
    """What was computed again, and was equal.

    Parameters
    ----------
    first, last : int
        The range of ord, widened to whole cycles: an input and all that follows from it.
    snapshot : str
        Name of the snapshot it began with; empty: genesis.
    inputs, outputs : int
        Events of the range that were given, and outputs computed again and equal.
    taken : int
        Outputs of the range that other code wrote, taken as they are.
    """

    first: int
    last: int
    snapshot: str
    inputs: int
    outputs: int
    taken: int

    def json(self) -> JsonObject:
        """As plain values."""
        return asdict(self)


def replay(
    folder: str | Path, first: int | None = None, last: int | None = None, panel: Panel | None = None
) -> Replayed:
    """Compute the outputs of a range again and compare each with the stored one.

    Parameters
    ----------
    folder : str or Path
        A book that no daemon runs; nothing in it changes.
    first, last : int, optional
        Range of ord, both ends included; the first and the last event without them. What lies before is applied as
        stored, from the newest snapshot before the range.
    panel : Panel, optional
        The feed's data, if loaded already.

    Raises
    ------
    ReplayMismatch
        The first event that differs, by its seq.
    DataError
        A range that holds nothing.
    ConfigError, AlreadyRunning, FeedError, JournalError
        As `closed_book`.
    """
    with closed_book(folder, panel) as book:
        return _replayed(book, *_cycles(book, first, last))


def _cycles(book: ClosedBook, first: int | None, last: int | None) -> tuple[int, int]:
    """The range of ord in whole cycles."""
    end = book.journal.committed.ord
    low, high = 1 if first is None else first, end if last is None else last
    if not 1 <= low <= high <= end:
        raise DataError(f"ord: expected 1 <= first <= last <= {end}, got {low} to {high}")
    query = "SELECT ({}), ({})".format(
        f"SELECT max(ord) FROM event WHERE ord <= ? AND kind < {FIRST_OUTPUT}",
        f"SELECT min(ord) FROM event WHERE ord > ? AND kind < {FIRST_OUTPUT}",
    )
    ((start, after),) = book.journal.rows(query, (low, high))
    if start is None:
        raise ReplayMismatch(f"event of ord {low}: expected an input at or before it, there is none")
    return start, end if after is None else after - 1


def _replayed(book: ClosedBook, first: int, last: int) -> Replayed:
    journal = book.journal
    query = "SELECT min(seq), max(seq), sum(kind < ?) FROM event WHERE ord BETWEEN ? AND ?"
    ((start, stop, inputs),) = journal.rows(query, (FIRST_OUTPUT, first, last))
    kept = book.snapshots()
    found = None if kept is None else kept.newest_good(start - 1)
    if found is None or not belongs(journal, found.seq, found.ord):
        at, folded = 0, Folded(State(book.setup))
    else:
        at, folded = found.seq, Folded(state_of(book.setup, found.state), found.name)
    fold(folded, linked(journal, at, start - 1), set(), accept_upgrade=True)
    folded.compared = folded.taken = 0
    ours = {boot for boot, code in codes_of(journal).items() if code == code_version().encode()}
    fold(folded, linked(journal, start - 1, stop), ours, accept_upgrade=True)
    return Replayed(first, last, folded.snapshot, inputs, folded.compared, folded.taken)
