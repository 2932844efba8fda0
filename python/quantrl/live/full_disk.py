"""What a book does when its disk is full."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

from quantrl.errors import StorageError
from quantrl.live.engine import Daemon
from quantrl.live.states import Cause, Source
from quantrl.live.storage import Storage
from quantrl.live.vocabulary import TradingState


def survive_full_disk(folder: str | Path, error: StorageError, **how: Any) -> Daemon:
    """After a disk without space: free the reserve, trust what is there, and halt the book durably.

    Raises
    ------
    StorageError
        Any other refusal: nothing more is written before `verify` has looked.
    """
    if error.errno != errno.ENOSPC:
        raise error
    Storage(folder).release_reserve()
    daemon = Daemon.open(folder, **how)
    if daemon.book.trading.state != TradingState.HALTED:
        daemon.command(Cause.JOURNAL.value, principal=Source.DAEMON.value, reason="no space left")
    return daemon
