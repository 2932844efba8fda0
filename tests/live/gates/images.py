"""What a disk may hold when the power goes: everything synced, and of the rest anything."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from live.gates.probe import Op

SECTOR = 512
MODES = ("whole", "torn", "garbage")


@dataclass
class Inode:
    """A file without its name: what is durable, and changes since."""

    durable: bytearray = field(default_factory=bytearray)
    pending: list[Op] = field(default_factory=list)

    def sync(self) -> None:
        for op in self.pending:
            _apply(self.durable, op)
        self.pending = []


class Platter:
    """Follows recorded changes and can say at any time what a crash would leave.

    Notes
    -----
    Data is durable after a sync of its file, names after a sync of the folder, which happens to names in order. Bytes
    outside an unfinished write are never touched, as SQLite and every journalled file system assume.
    """

    def __init__(self) -> None:
        self._live: dict[str, Inode] = {}
        self._durable: dict[str, Inode] = {}
        self._names: list[tuple[Op, Inode]] = []
        self.acknowledged = 0

    def add(self, op: Op) -> None:
        """One more change."""
        if op.kind == "ack":
            self.acknowledged = op.offset
        elif op.kind == "sync":
            self._live[op.path].sync()
        elif op.kind == "sync_folder":
            self._sync_names(op.path)
        elif op.kind in ("create", "rename", "unlink"):
            self._names.append((op, Inode()))
            _named(self._live, *self._names[-1])
        else:
            self._live[op.path].pending.append(op)

    def image(self, rng: random.Random, mode: str) -> dict[str, bytes]:
        """Files after a crash now: their contents by path."""
        names = dict(self._durable)
        for op, inode in self._names[: rng.randint(0, len(self._names))]:
            _named(names, op, inode)
        kept = rng.random()
        return {path: bytes(_crashed(inode, rng, mode, kept)) for path, inode in names.items()}

    def _sync_names(self, folder: str) -> None:
        # Names are journalled in order: those of other folders that came before are durable too.
        ours = [place for place, (op, _) in enumerate(self._names) if os.path.dirname(op.path) == folder]
        end = ours[-1] + 1 if ours else 0
        for op, inode in self._names[:end]:
            _named(self._durable, op, inode)
        del self._names[:end]


def _named(names: dict[str, Inode], op: Op, inode: Inode) -> None:
    if op.kind == "create":
        names[op.path] = inode
    elif op.kind == "unlink":
        names.pop(op.path, None)
    elif op.path in names:
        names[str(op.data)] = names.pop(op.path)


def write_image(image: dict[str, bytes], recorded: Path, target: Path) -> None:
    """Put an image of the recorded folder into another one."""
    for path, data in image.items():
        place = target / Path(path).relative_to(recorded)
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place.write_bytes(data)


def _crashed(inode: Inode, rng: random.Random, mode: str, kept: float) -> bytearray:
    data = bytearray(inode.durable)
    for op in inode.pending:
        if rng.random() < kept:
            for part in _damaged(op, rng, mode):
                _apply(data, part)
    return data


def _damaged(op: Op, rng: random.Random, mode: str) -> Iterator[Op]:
    """What of a write reached the disk."""
    if op.kind != "write" or mode == "whole":
        yield op
        return
    # Sectors of the disk, not of the write: the first part may be shorter.
    first = SECTOR - op.offset % SECTOR
    cuts = [0, *range(first, len(op.data), SECTOR), len(op.data)]
    if mode == "torn":
        end = rng.choice(cuts)
        yield op._replace(data=op.data[:end])
        return
    for start, end in pairwise(cuts):
        chance = rng.random()
        if chance < 0.4:
            yield op._replace(offset=op.offset + start, data=op.data[start:end])
        elif chance < 0.7:
            yield op._replace(offset=op.offset + start, data=rng.randbytes(end - start))


def _apply(data: bytearray, op: Op) -> None:
    if op.kind == "truncate":
        del data[int(op.data) :]
        data.extend(bytes(max(int(op.data) - len(data), 0)))
        return
    if len(data) < op.offset:
        data.extend(bytes(op.offset - len(data)))
    data[op.offset : op.offset + len(op.data)] = op.data
