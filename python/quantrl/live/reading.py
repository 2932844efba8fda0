"""A book nobody runs, opened to be read: nothing on its disk changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.errors import ConfigError
from quantrl.live.events import KIND_OF, Event, decode
from quantrl.live.folder_lock import LOCK
from quantrl.live.journal import NAME, Journal
from quantrl.live.record import COLUMNS
from quantrl.live.setup import Setup, setup_of
from quantrl.live.snapshots import Snapshots
from quantrl.live.storage import DISK, Disk, Storage
from quantrl.live.vocabulary import AGENT0

if TYPE_CHECKING:
    from quantrl.data import Panel

OWNERS = ("treasury", "venue", "fees", "financing", "external", "suspense")
_CHUNK = 5_000


@dataclass(frozen=True)
class ClosedBook:
    """Made by `closed_book`.

    Parameters
    ----------
    folder : Path
    setup : Setup
    journal : Journal
        Open to be read only.
    """

    folder: Path
    setup: Setup
    journal: Journal

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the instruments, in the order of their index."""
        return self.setup.panel.instruments

    def owner(self, number: int) -> str:
        """Name of an owner in postings: ``treasury`` or ``agent/<label>``."""
        return f"agent/{self.setup.labels[number - AGENT0]}" if number >= AGENT0 else OWNERS[number]

    def agent(self, index: int) -> str | None:
        """Name of an agent; None for none."""
        return self.setup.labels[index] if index >= 0 else None

    def content(
        self, *kinds: type[Any], first: int = 1, last: int | None = None
    ) -> Iterator[tuple[Event, Any]]:
        """Content events and their values in order.

        Parameters
        ----------
        *kinds : type
            Of `quantrl.live.events`; none: all of them.
        first, last : int
            The range of ord, both ends included.
        """
        end = self.journal.committed.ord if last is None else last
        query = f"SELECT {COLUMNS} FROM event WHERE ord BETWEEN ? AND ?"
        if kinds:
            query += f" AND kind IN ({', '.join(str(KIND_OF[kind]) for kind in kinds)})"
        for start in range(first, end + 1, _CHUNK):
            for row in self.journal.rows(f"{query} ORDER BY ord", (start, min(start + _CHUNK - 1, end))):
                yield (found := Event(*row)), decode(found.kind, found.payload)

    def snapshots(self) -> Snapshots | None:
        """The snapshots kept beside the journal; None where there is no folder of them."""
        folder = self.folder / "snapshots"
        return Snapshots(Storage(folder)) if folder.is_dir() else None


@contextmanager
def kept_closed(folder: str | Path, disk: Disk = DISK) -> Iterator[None]:
    """Nobody else opens the book meanwhile.

    Raises
    ------
    ConfigError
        No book there.
    AlreadyRunning
        A daemon has it.
    """
    storage = Storage(folder, disk)
    storage.check()
    if not storage.exists(NAME):
        raise ConfigError(f"{folder}: holds no book: expected {NAME}")
    # The lock's file is there once a daemon ran; a copy without it is locked by its journal alone.
    with storage.lock() if storage.exists(LOCK) else nullcontext():
        yield


@contextmanager
def opened(
    folder: str | Path, panel: Panel | None = None, *, disk: Disk = DISK, vfs: str | None = None
) -> Iterator[ClosedBook]:
    """Open a book that is `kept_closed`; raises as `closed_book`."""
    setup = setup_of(folder, panel=panel, disk=disk, vfs=vfs)
    with Journal.open(folder, read_only=True, disk=disk, vfs=vfs) as journal:
        yield ClosedBook(Path(folder), setup, journal)


@contextmanager
def closed_book(folder: str | Path, panel: Panel | None = None) -> Iterator[ClosedBook]:
    """Open a book that no daemon runs.

    Parameters
    ----------
    folder : str or Path
    panel : Panel, optional
        The feed's data, if loaded already.

    Raises
    ------
    ConfigError
        No book there.
    AlreadyRunning
        A daemon has it.
    FeedError
        Its feed changed: expected and found sha256.
    JournalError
        Its journal cannot be read.
    """
    with kept_closed(folder), opened(folder, panel) as book:
        yield book
