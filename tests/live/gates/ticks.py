"""A small book on an event feed for the kill loop: orders that rest, are late, and are recalled."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from live import tick_books
from live.gates.book import CODE, RESERVE_BYTES, Small, _telling
from live.gates.cheats import CHEATS
from quantrl.live import cycle, opened
from quantrl.live.engine import Daemon
from quantrl.live.journal import NAME
from quantrl.live.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from live.gates.toy import Surroundings

SECOND = 10**9
COMMANDS: tuple[tuple[int, str, dict[str, str]], ...] = (
    (70, "no_entry", {"reason": "news"}),
    (74, "active", {}),
    (85, "cancel_all", {}),
    (88, "active", {}),
)
"""After how many seconds of event time which command is given; its place is its nonce."""


@contextmanager
def small() -> Iterator[None]:
    """As of the book of bars, its agents aside."""
    whole = Storage.reserve
    with ExitStack() as stack:
        for place, name, value in (
            (cycle, "GROUP", 24),
            (cycle, "GROUP_S", 3_600.0),
            (cycle, "SNAPSHOT_EVENTS", 500),
            (cycle, "CHECKPOINT_PAGES", 60),
            (opened, "code_version", lambda: CODE),
            (Storage, "reserve", lambda storage: whole(storage, RESERVE_BYTES)),
        ):
            stack.enter_context(patch.object(place, name, value))
        yield


class Ticks(Small):
    """The workload. Its file is made here, before any fork."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="quantrl-ticks-")
        path = tick_books.flow(Path(self._folder.name) / "flow.qev", messages=4_600)
        self.config = tick_books.config(path, venue=tick_books.RESTS)

    def daemon(self, folder: Path, around: Surroundings) -> Daemon:
        if (folder / NAME).exists():
            return Daemon.open(folder, disk=around.disk, vfs=around.vfs)
        return Daemon.create(folder, self.config, disk=around.disk, vfs=around.vfs)

    def run(self, folder: Path, around: Surroundings) -> None:
        with small(), CHEATS[around.sabotage](), _telling(around):
            daemon = self.daemon(folder, around)
            try:
                for number, (at, verb, args) in enumerate(COMMANDS):
                    daemon.run(until=tick_books.START + at * SECOND)
                    daemon.command(verb, nonce=f"n{number}", **args)
                daemon.run()
                daemon.close()
            finally:
                daemon.abandon()


class Made(Ticks):
    """The same on a market that is made as time goes."""

    def __init__(self) -> None:
        self.config = tick_books.synthetic(venue=tick_books.RESTS)


TICKS, MADE = Ticks(), Made()
