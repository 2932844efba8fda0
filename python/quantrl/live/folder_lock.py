"""Who owns a book's folder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from quantrl.errors import AlreadyRunning
from quantrl.live.told import told

LOCK = "lock"
_MODE = 0o600


class FolderLock:
    """One process owns a folder: an advisory lock on the file ``lock``, freed by the kernel when the process ends.

    A process may share it with another by giving it the descriptor; it is free when both have closed theirs.
    """

    def __init__(self, folder: Path) -> None:
        with told(folder / LOCK):
            self._descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._descriptor)
            raise AlreadyRunning(f"{folder}: another process owns this folder") from None

    @classmethod
    def shared(cls, descriptor: int) -> FolderLock:
        """The lock behind a descriptor of it that was given to this process."""
        os.set_inheritable(descriptor, False)
        lock = cls.__new__(cls)
        lock._descriptor = descriptor
        return lock

    def again(self) -> FolderLock:
        """The same lock once more, to be closed by itself."""
        return FolderLock.shared(os.dup(self._descriptor))

    def fileno(self) -> int:
        """Its descriptor."""
        return self._descriptor

    def close(self) -> None:
        """Let others have the folder."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_owned(folder: str | Path) -> bool:
    """Whether a process holds a book's folder now, whether or not it answers."""
    if not (Path(folder) / LOCK).is_file():
        return False
    try:
        FolderLock(Path(folder)).close()
    except AlreadyRunning:
        return True
    return False
