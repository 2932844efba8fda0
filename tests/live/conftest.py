"""One finished paper book for all tests that only read."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from live import paper_book
from quantrl.data import Panel


@dataclass(frozen=True)
class Finished:
    """A closed book, its feed's data, and the equity seen after each bar while it ran."""

    folder: Path
    panel: Panel
    equity: list[int]

    def copy(self, to: Path) -> Path:
        """The same book elsewhere, without its reserve."""
        shutil.copytree(self.folder, to, ignore=shutil.ignore_patterns("reserve.bin"))
        return to


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder, panel = tmp_path_factory.mktemp("paper") / "book", paper_book.panel()
    return Finished(folder, panel, paper_book.make(folder, panel))
