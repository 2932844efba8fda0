"""All file work outside SQLite, through one object whose calls a test can record or refuse."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from quantrl.errors import ConfigError, StorageError
from quantrl.live.folder_lock import FolderLock
from quantrl.live.told import told

FILE_MODE = 0o600
FOLDER_MODE = 0o700
RESERVE = "reserve.bin"
RESERVE_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024


class Disk:
    """Every call that changes a disk. Tests put another in its place: what is not here cannot fail or tear."""

    def open(self, path: Path, flags: int) -> int:
        """A descriptor, closed on exec; files are made with mode 0600."""
        return os.open(path, flags | os.O_CLOEXEC, FILE_MODE)

    def write(self, descriptor: int, data: bytes) -> int:
        """How many bytes were taken."""
        return os.write(descriptor, data)

    def truncate(self, descriptor: int, size: int) -> None:
        """Cut an open file."""
        os.ftruncate(descriptor, size)

    def sync(self, descriptor: int) -> None:
        """Until the data of this file is on the disk."""
        os.fdatasync(descriptor)

    def close(self, descriptor: int) -> None:
        """Give the descriptor back."""
        os.close(descriptor)

    def rename(self, source: Path, target: Path) -> None:
        """Put `source` in the place of `target`."""
        source.rename(target)

    def unlink(self, path: Path) -> None:
        """Remove a name."""
        path.unlink()

    def sync_folder(self, path: Path) -> None:
        """Until the names in this folder are on the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


DISK = Disk()


class Storage:
    """The files of one folder.

    Parameters
    ----------
    folder : str or Path
    disk : Disk

    Raises
    ------
    StorageError
        From every method, where the disk refuses; `errno` says how.
    """

    def __init__(self, folder: str | Path, disk: Disk = DISK) -> None:
        self.folder = Path(folder)
        self.disk = disk

    def make(self) -> None:
        """Make the folder, for its owner alone, and check it.

        Raises
        ------
        ConfigError
            The folder can be written by anyone.
        """
        with told(self.folder):
            self.folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        self.check()

    def check(self) -> None:
        """Refuse a folder that is not there or that anyone may write to.

        Raises
        ------
        ConfigError
        """
        if not self.folder.is_dir():
            raise ConfigError(f"folder: expected a folder, {self.folder} is none")
        mode = stat.S_IMODE(self.folder.stat().st_mode)
        if mode & stat.S_IWOTH:
            raise ConfigError(f"folder: {self.folder} has mode {mode:o}: expected no write access for others")

    def below(self, name: str) -> Storage:
        """A folder inside, made when absent."""
        inner = Storage(self.folder / name, self.disk)
        if not inner.folder.is_dir():
            inner.make()
            self.sync_folder()
        return inner

    def names(self, suffix: str) -> list[str]:
        """Files that end so, sorted."""
        return sorted(path.name for path in self.folder.iterdir() if path.name.endswith(suffix))

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return (self.folder / name).is_file()

    def create(self, name: str, data: bytes = b"") -> None:
        """A new file, synced with its name; one that exists is refused."""
        with told(self.folder / name):
            descriptor = self.disk.open(self.folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
            self._fill(descriptor, data)
        self.sync_folder()

    def write_atomic(self, name: str, data: bytes) -> None:
        """The whole file or what was there before, whenever the power goes."""
        aside = self.folder / f"{name}.tmp"
        with told(self.folder / name):
            descriptor = self.disk.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            self._fill(descriptor, data)
            self.disk.rename(aside, self.folder / name)
        self.sync_folder()

    def read(self, name: str, limit: int | None = None) -> bytes:
        """The bytes of a file; more than `limit` is refused."""
        with told(self.folder / name), (self.folder / name).open("rb") as stream:
            data = stream.read() if limit is None else stream.read(limit + 1)
        if limit is not None and len(data) > limit:
            raise StorageError(f"{name}: expected at most {limit} bytes", errno.EFBIG)
        return data

    def remove(self, name: str) -> None:
        """Remove a file, durably; an absent one is no error."""
        with told(self.folder / name):
            if not self.exists(name):
                return
            self.disk.unlink(self.folder / name)
        self.sync_folder()

    def rename(self, source: str, target: str) -> None:
        """Put one file in the place of another, durably."""
        with told(self.folder / target):
            self.disk.rename(self.folder / source, self.folder / target)
        self.sync_folder()

    def cut(self, name: str, size: int) -> None:
        """Shorten a file, durably."""
        with told(self.folder / name):
            descriptor = self.disk.open(self.folder / name, os.O_WRONLY)
            try:
                self.disk.truncate(descriptor, size)
                self.disk.sync(descriptor)
            finally:
                self.disk.close(descriptor)

    def appender(self, name: str) -> Appender:
        """The end of a file, made when absent."""
        if not self.exists(name):
            self.create(name)
        return Appender(self.folder / name, self.disk)

    def sync_folder(self) -> None:
        """Until the names are on the disk."""
        with told(self.folder):
            self.disk.sync_folder(self.folder)

    def lock(self) -> FolderLock:
        """Own this folder until the lock is closed or the process ends.

        Raises
        ------
        AlreadyRunning
            Another process owns it.
        """
        return FolderLock(self.folder)

    def reserve(self, size: int = RESERVE_BYTES) -> None:
        """Set space aside for the events that say the disk is full."""
        if self.exists(RESERVE) and (self.folder / RESERVE).stat().st_size >= size:
            return
        with told(self.folder / RESERVE):
            descriptor = self.disk.open(self.folder / RESERVE, os.O_WRONLY | os.O_CREAT)
            try:
                for start in range(0, size, _CHUNK):
                    _write_all(self.disk, descriptor, bytes(min(_CHUNK, size - start)))
                self.disk.sync(descriptor)
            finally:
                self.disk.close(descriptor)
        self.sync_folder()

    def release_reserve(self) -> bool:
        """Give the reserve back to the disk; whether there was one."""
        had = self.exists(RESERVE)
        self.remove(RESERVE)
        return had

    def _fill(self, descriptor: int, data: bytes) -> None:
        try:
            _write_all(self.disk, descriptor, data)
            self.disk.sync(descriptor)
        finally:
            self.disk.close(descriptor)


class Appender:
    """The end of one file. After a refusal it takes nothing more: what is on the disk is then unknown.

    Parameters
    ----------
    path : Path
    disk : Disk
    """

    def __init__(self, path: Path, disk: Disk = DISK) -> None:
        self.path = path
        self._disk = disk
        self._failed = False
        with told(path):
            self._descriptor = disk.open(path, os.O_WRONLY | os.O_APPEND)
            self.size = os.fstat(self._descriptor).st_size

    def append(self, data: bytes) -> None:
        """Add bytes; durable after `sync`."""
        self._once_more()
        with self._watched():
            _write_all(self._disk, self._descriptor, data)
        self.size += len(data)

    def sync(self) -> None:
        """Until everything appended is on the disk."""
        self._once_more()
        with self._watched():
            self._disk.sync(self._descriptor)

    def close(self) -> None:
        """Give the file back."""
        if self._descriptor >= 0:
            self._disk.close(self._descriptor)
            self._descriptor = -1

    def _once_more(self) -> None:
        if self._failed:
            raise StorageError(f"{self.path.name}: an earlier write or sync failed; open the file again")

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            with told(self.path):
                yield
        except StorageError:
            self._failed = True
            raise


def _write_all(disk: Disk, descriptor: int, data: bytes) -> None:
    while data:
        data = data[disk.write(descriptor, data) :]
