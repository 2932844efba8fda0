"""What happened while no engine could write it down: one JSON line each, until the journal or a sink has it."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import NamedTuple

from quantrl.errors import StorageError
from quantrl.live.storage import Storage

NAME = "notices.jsonl"
_LIMIT = 1 << 20
_MOST = 200
"""Lines kept: a book that crashes for weeks does not fill the disk."""


class Notice(NamedTuple):
    """One thing to tell: a topic, words, the wall clock in ns UTC, and an id of its own."""

    topic: str
    text: str
    wall: int
    id: str


class Spool:
    """The file ``notices.jsonl`` of a folder.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._storage = Storage(folder)

    def add(self, topic: str, text: str) -> Notice:
        """Keep one, durably.

        Raises
        ------
        StorageError
            The disk refuses.
        """
        notice = Notice(topic, text, time.time_ns(), uuid.uuid4().hex)
        self._write([*self.read(), notice][-_MOST:])
        return notice

    def read(self) -> list[Notice]:
        """All that are there; a line that is none is left out."""
        if not self._storage.exists(NAME):
            return []
        found = []
        for line in self._storage.read(NAME, _LIMIT).decode("utf-8", "replace").splitlines():
            try:
                topic, text, wall, id = json.loads(line)
                found.append(Notice(str(topic), str(text), int(wall), str(id)))
            except (ValueError, TypeError):
                continue
        return found

    def remove(self, ids: set[str]) -> None:
        """Forget those that somebody else has now.

        Raises
        ------
        StorageError
            The disk refuses; they are still there.
        """
        left = [notice for notice in self.read() if notice.id not in ids]
        if left:
            self._write(left)
        else:
            self._storage.remove(NAME)

    def _write(self, notices: list[Notice]) -> None:
        text = "".join(json.dumps(list(notice)) + "\n" for notice in notices)
        if len(text) > _LIMIT:
            raise StorageError(f"{NAME}: expected at most {_LIMIT} bytes, got {len(text)}")
        self._storage.write_atomic(NAME, text.encode())
