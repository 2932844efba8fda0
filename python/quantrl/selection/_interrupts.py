"""Ctrl-C between two decisions instead of in the middle of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupt:
    """Whether the loop was asked to end."""

    def __init__(self) -> None:
        self.wanted = False

    def check(self) -> None:
        """Raise what was held back.

        Raises
        ------
        KeyboardInterrupt
            Ctrl-C was pressed since the last check.
        """
        if self.wanted:
            raise KeyboardInterrupt


@contextmanager
def held_back() -> Iterator[Interrupt]:
    """Hold the first Ctrl-C back until `Interrupt.check`; a second one interrupts at once.

    Signals reach the main thread only; in any other nothing changes.
    """
    interrupt = Interrupt()
    if threading.current_thread() is not threading.main_thread():
        yield interrupt
        return
    before = signal.getsignal(signal.SIGINT)

    def note(number: int, frame: FrameType | None) -> None:
        interrupt.wanted = True
        signal.signal(signal.SIGINT, before)

    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, note)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGINT, before)
