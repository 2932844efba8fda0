"""A book's folder, made or found, and the state that its journal describes."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from quantrl.errors import ConfigError
from quantrl.live import events
from quantrl.live.config import PaperConfig
from quantrl.live.cycle import Cycle
from quantrl.live.folder_lock import FolderLock
from quantrl.live.heart import Heart
from quantrl.live.journal import NAME, Journal
from quantrl.live.recover import recover
from quantrl.live.setup import CALENDAR, Setup, setup_of
from quantrl.live.snapshots import Snapshots
from quantrl.live.storage import Disk, Storage
from quantrl.runs import canonical_json, code_version

if TYPE_CHECKING:
    from quantrl.data import Panel

SETUP_S = 300.0
"""Longest time the feed may take to be read, the journal to be opened, and the reserve to be written."""


@dataclass(frozen=True)
class Opened:
    """A book that is this process's, at its journal's end; both end with `abandon`.

    Parameters
    ----------
    folder : Path
    setup : Setup
    cycle : Cycle
    storage : Storage
    lock : FolderLock
    """

    folder: Path
    setup: Setup
    cycle: Cycle
    storage: Storage
    lock: FolderLock

    @classmethod
    def create(
        cls, folder: Path, config: PaperConfig, panel: Panel | None, heart: Heart, disk: Disk, vfs: str | None
    ) -> Self:
        """A new book, see `Daemon.create`."""
        with heart.longer(SETUP_S):
            setup = Setup.of(config, panel=panel)
        storage = Storage(folder, disk)
        if (folder / NAME).exists():
            raise ConfigError(f"{folder}: holds a book already; open it instead")
        storage.make()
        lock = storage.lock()
        try:
            with heart.longer(SETUP_S):
                storage.reserve()
            meta = {
                "name": config.name,
                "config": canonical_json(config.model_dump(mode="json")),
                "feed": setup.feed.sha256,
                "off_grid": repr(setup.feed.off_grid),
            }
            if setup.sessions is not None:
                meta[CALENDAR] = canonical_json(setup.sessions.to_plain())
            Journal.create(folder, setup.book_id, meta, disk=disk, vfs=vfs).close(page_sums=False)
            return cls(folder, setup, _at_end(setup, storage, lock, False, heart, vfs), storage, lock)
        except BaseException:
            lock.close()
            raise

    @classmethod
    def open(
        cls,
        folder: Path,
        panel: Panel | None,
        accept_upgrade: bool,
        hosts: dict[str, Any] | None,
        lock: FolderLock | None,
        heart: Heart,
        disk: Disk,
        vfs: str | None,
    ) -> Self:
        """A book that was stopped, see `Daemon.open`."""
        storage = Storage(folder, disk)
        storage.check()
        if not (folder / NAME).exists():
            raise ConfigError(f"{folder}: holds no book; create one with a config")
        lock = storage.lock() if lock is None else lock
        try:
            with heart.longer(SETUP_S):
                setup = setup_of(folder, panel=panel, hosts=hosts, disk=disk, vfs=vfs)
            return cls(
                folder, setup, _at_end(setup, storage, lock, accept_upgrade, heart, vfs), storage, lock
            )
        except BaseException:
            lock.close()
            raise

    def abandon(self) -> None:
        """Give journal and folder back without another write."""
        self.cycle.journal.abandon()
        self.lock.close()


def _at_end(
    setup: Setup, storage: Storage, lock: FolderLock, accept_upgrade: bool, heart: Heart, vfs: str | None
) -> Cycle:
    """The journal folded, and this start written down in it."""
    heart.hand_over(lock.fileno())
    with heart.longer(SETUP_S):
        journal = Journal.open(storage.folder, disk=storage.disk, vfs=vfs)
    try:
        code, snapshots = code_version().encode(), Snapshots(storage.below("snapshots"))
        folded = recover(journal, setup, snapshots, code=code, accept_upgrade=accept_upgrade, heart=heart)
        folded.state.check()
        cycle = Cycle(folded.state, journal, snapshots, heart)
        platform_is = f"{platform.python_version()} {platform.machine()}"
        sessions = setup.sessions
        calendar = b"" if sessions is None else sessions.source.encode()
        cycle.note(events.Boot(journal.boot, code, setup.book_id, calendar, platform_is))
        if folded.taken:
            cycle.note(
                events.Note(f"upgrade accepted: {folded.taken} outputs of other code taken as they are")
            )
        if folded.state.ord == 0:
            # A new book, or one whose making was cut off before its first event.
            cycle.take(events.Config(setup.config.cold(), setup.book_id), setup.feed.genesis_ts)
        cycle.commit()
    except BaseException:
        journal.abandon()
        raise
    return cycle
