"""One place through which every change of a disk goes, SQLite's and ours: to record it, refuse it, or die at it."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from quantrl.live.storage import Disk


class Op(NamedTuple):
    """A change: ``create write truncate sync rename unlink sync_folder ack``; `data` is bytes, a size or a name."""

    kind: str
    path: str
    offset: int = 0
    data: Any = b""


class Probe:
    """Sees every change twice: before it is made, where it may refuse, and after."""

    def before(self, op: Op) -> int | None:
        """How many bytes of a write to let through before it fails; None: all, and it does not fail."""
        return None

    def after(self, op: Op) -> None:
        """It was made."""


class Recorder(Probe):
    """Keeps all changes in order."""

    def __init__(self) -> None:
        self.ops: list[Op] = []

    def after(self, op: Op) -> None:
        self.ops.append(op)

    def acknowledged(self, seq: int) -> None:
        """Somebody was told that events up to here are durable."""
        self.ops.append(Op("ack", "", seq))


class Fuse(Probe):
    """Counts changes; the process dies right before change number `at` (0: never)."""

    def __init__(self, at: int = 0, told: Callable[[int, Op], None] = lambda count, op: None) -> None:
        self.count = 0
        self._at = at
        self._told = told

    def before(self, op: Op) -> None:
        self.count += 1
        self._told(self.count, op)
        if self.count == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


class Fault(Probe):
    """Refuses change number `at` with an error, after half of it where it is a write and `torn`."""

    def __init__(self, at: int, code: int, torn: bool = False) -> None:
        self.count = 0
        self.fired: Op | None = None
        self._at = at
        self.code = code
        self._torn = torn

    def before(self, op: Op) -> int | None:
        self.count += 1
        if self.count != self._at:
            return None
        self.fired = op
        if op.kind == "write" and self._torn:
            return len(op.data) // 2
        raise self.error()

    def error(self) -> OSError:
        """What the system says."""
        return OSError(self.code, os.strerror(self.code))


class ProbedDisk(Disk):
    """Our own file work."""

    def __init__(self, probe: Probe) -> None:
        self._probe = probe
        self._paths: dict[int, str] = {}
        self._ends: dict[int, int] = {}

    def open(self, path: Path, flags: int) -> int:
        is_new = bool(flags & os.O_CREAT) and not path.exists()
        if is_new:
            self._probe.before(Op("create", str(path)))
        descriptor = super().open(path, flags)
        self._paths[descriptor] = str(path)
        if is_new:
            self._probe.after(Op("create", str(path)))
        elif flags & os.O_TRUNC:
            self._probe.after(Op("truncate", str(path), 0, 0))
        self._ends[descriptor] = os.fstat(descriptor).st_size if flags & os.O_APPEND else 0
        return descriptor

    def write(self, descriptor: int, data: bytes) -> int:
        op = Op("write", self._paths[descriptor], self._ends[descriptor], bytes(data))
        allowed = self._probe.before(op)
        if allowed is not None:
            super().write(descriptor, data[:allowed])
            assert isinstance(self._probe, Fault)
            raise self._probe.error()
        done = super().write(descriptor, data)
        assert done == len(data)
        self._probe.after(op)
        self._ends[descriptor] += done
        return done

    def truncate(self, descriptor: int, size: int) -> None:
        self._through(Op("truncate", self._paths[descriptor], 0, size), super().truncate, descriptor, size)

    def sync(self, descriptor: int) -> None:
        self._through(Op("sync", self._paths[descriptor]), super().sync, descriptor)

    def rename(self, source: Path, target: Path) -> None:
        self._through(Op("rename", str(source), 0, str(target)), super().rename, source, target)

    def unlink(self, path: Path) -> None:
        self._through(Op("unlink", str(path)), super().unlink, path)

    def sync_folder(self, path: Path) -> None:
        self._through(Op("sync_folder", str(path)), super().sync_folder, path)

    def _through(self, op: Op, call: Callable[..., None], *args: object) -> None:
        self._probe.before(op)
        call(*args)
        self._probe.after(op)


class ProbedVFS(apsw.VFS):
    """SQLite's file work. Registered under a name for as long as the object lives."""

    def __init__(self, name: str, probe: Probe) -> None:
        self.vfs_name = name
        self._probe = probe
        super().__init__(name, "unix")

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        is_new = bool(path) and not os.path.exists(path)
        opened = _File(name, flags, str(path), self._probe)
        if is_new:
            self._probe.after(Op("create", str(path)))
            opened.is_new = True
        return opened

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        refused(self._probe, Op("unlink", name))
        super().xDelete(name, sync)
        self._probe.after(Op("unlink", name))
        if sync:
            self._probe.after(Op("sync_folder", os.path.dirname(name)))


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], path: str, probe: Probe) -> None:
        self._path = path
        self._probe = probe
        self.is_new = False
        super().__init__("unix", name, flags)

    def excepthook(self, *_: object) -> bool:
        """A refusal is what was asked for: nothing to print."""
        return True

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        op = Op("write", self._path, offset, bytes(data))
        allowed = refused(self._probe, op)
        if allowed is not None:
            super().xWrite(data[:allowed], offset)
            assert isinstance(self._probe, Fault)
            raise _as_sqlite(self._probe.error())
        super().xWrite(data, offset)
        self._probe.after(op)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        op = Op("truncate", self._path, 0, size)
        refused(self._probe, op)
        super().xTruncate(size)
        self._probe.after(op)

    def xSync(self, flags: int) -> None:  # noqa: N802
        op = Op("sync", self._path)
        refused(self._probe, op)
        super().xSync(flags)
        self._probe.after(op)
        if self.is_new:
            # SQLite syncs the folder with the first sync of a log it made.
            self.is_new = False
            self._probe.after(Op("sync_folder", os.path.dirname(self._path)))


def refused(probe: Probe, op: Op) -> int | None:
    """Ask the probe, in SQLite's own errors."""
    try:
        return probe.before(op)
    except OSError as error:
        raise _as_sqlite(error) from None


def _as_sqlite(error: OSError) -> apsw.Error:
    return apsw.FullError("disk full") if error.errno == errno.ENOSPC else apsw.IOError("disk error")
