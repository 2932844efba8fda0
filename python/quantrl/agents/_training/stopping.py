"""A signal becomes a file that every run looks for, so that each ends where it can be gone on with."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType


@contextmanager
def asked_to_stop(file: Path, number: int) -> Iterator[None]:
    """The first signal of this number makes the file; a second does what it did before.

    Signals reach the main thread only; in any other nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(number)

    def note(got: int, frame: FrameType | None) -> None:
        signal.signal(number, before)
        file.touch()

    signal.signal(number, note)
    try:
        yield
    finally:
        signal.signal(number, before)
