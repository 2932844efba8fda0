"""What clients ask of a running book besides orders."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest

from live import paper_book, paper_books
from quantrl.errors import RetryableError
from quantrl.live import asks

PANEL = paper_book.panel(8)


def test_a_pulse_that_cannot_be_taken_now_is_one_later(tmp_path: Path) -> None:
    with paper_books.make(tmp_path / "book", paper_book.config(), PANEL) as daemon:
        for owner, name in ((os, "listdir"), (shutil, "disk_usage")):
            refused = patch.object(owner, name, side_effect=OSError(errno.EMFILE, "no descriptor left"))
            with refused, pytest.raises(RetryableError, match="no descriptor left"):
                asks.pulse(daemon, {})
        assert asks.pulse(daemon, {})["vitals"]["pid"] == os.getpid()
