from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from quantrl.errors import AlreadyRunning, ConfigError, StorageError
from quantrl.live.storage import Disk, Storage


class Refusing(Disk):
    """Refuses one kind of call, from the n-th on."""

    def __init__(self, call: str, code: int, after: int = 0) -> None:
        self.calls = 0

        def refuse(*args: object) -> object:
            self.calls += 1
            if self.calls > after:
                raise OSError(code, os.strerror(code))
            return getattr(Disk, call)(self, *args)

        setattr(self, call, refuse)


class Halving(Disk):
    """Takes half of what it is given."""

    def write(self, descriptor: int, data: bytes) -> int:
        return super().write(descriptor, data[: max(len(data) // 2, 1)])


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "book")
    storage.make()
    storage.create("a", b"x")
    storage.write_atomic("b", b"y")
    storage.lock().close()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "book").iterdir()} == {0o600}
    assert (tmp_path / "book").stat().st_mode & 0o777 == 0o700
    assert storage.names("") == ["a", "b", "lock"]


def test_a_folder_anyone_may_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(ConfigError, match="mode 777: expected no write access for others"):
        Storage(tmp_path).check()
    with pytest.raises(ConfigError, match="expected a folder"):
        Storage(tmp_path / "none").check()


def test_short_writes_are_continued(tmp_path: Path) -> None:
    storage = Storage(tmp_path, Halving())
    storage.create("a", bytes(range(100)))
    out = storage.appender("a")
    out.append(b"end")
    out.sync()
    out.close()
    assert storage.read("a") == bytes(range(100)) + b"end"
    assert out.size == 103


def test_an_atomic_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    Storage(tmp_path).write_atomic("a", b"old")
    for call in ("write", "sync", "rename"):
        with pytest.raises(StorageError, match="No space left") as caught:
            Storage(tmp_path, Refusing(call, errno.ENOSPC)).write_atomic("a", b"new")
        assert caught.value.errno == errno.ENOSPC
        assert Storage(tmp_path).read("a") == b"old"


def test_after_a_failed_sync_an_appender_takes_nothing_more(tmp_path: Path) -> None:
    Storage(tmp_path).create("a")
    out = Storage(tmp_path, Refusing("sync", errno.EIO)).appender("a")
    out.append(b"x")
    with pytest.raises(StorageError) as caught:
        out.sync()
    assert caught.value.errno == errno.EIO
    for again in (lambda: out.append(b"y"), out.sync):
        with pytest.raises(StorageError, match="an earlier write or sync failed"):
            again()
    out.close()


def test_reading_has_a_limit(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.create("a", b"12345")
    assert storage.read("a", 5) == b"12345"
    with pytest.raises(StorageError, match="at most 4 bytes"):
        storage.read("a", 4)
    with pytest.raises(StorageError, match="No such file"):
        storage.read("b")
    with pytest.raises(StorageError, match="File exists"):
        storage.create("a")


def test_one_process_owns_a_folder_and_a_child_does_not_keep_it(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    with storage.lock():
        with pytest.raises(AlreadyRunning, match="another process owns"):
            storage.lock()
        # A child that outlives its parent must not hold the lock: it got no descriptor of it.
        child = subprocess.Popen(
            [sys.executable, "-c", "print(flush=True); input()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            close_fds=False,
        )
        assert child.stdout is not None
        child.stdout.readline()
    storage.lock().close()
    child.communicate(b"\n")


def test_the_reserve_is_really_there_and_can_be_given_back(tmp_path: Path) -> None:
    storage = Storage(tmp_path)
    storage.reserve(1_500_000)
    storage.reserve(1_000_000)
    found = (tmp_path / "reserve.bin").stat()
    assert found.st_size == 1_500_000
    assert found.st_blocks * 512 >= 1_500_000
    assert storage.release_reserve()
    assert not storage.release_reserve()
