"""The file KILL: who wrote it and how does not matter, and only its owner's word takes it away."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from threading import Timer

import pytest

from live import paper_book, paper_books
from quantrl.errors import LiveError, StorageError
from quantrl.live import commands, killfile
from quantrl.live.killfile import NAME, Wish
from quantrl.live.storage import Storage

PANEL = paper_book.panel(83)


@pytest.fixture(scope="module")
def invested(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book after 80 bars, with positions."""
    path = tmp_path_factory.mktemp("invested") / "book"
    with paper_books.make(path, paper_book.config(), PANEL) as daemon:
        daemon.run(until=int(PANEL.time[79]))
        assert daemon.state().positions
    return path


@pytest.fixture
def folder(invested: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(invested, tmp_path / "book", ignore=shutil.ignore_patterns("reserve.bin"))
    return tmp_path / "book"


@pytest.mark.parametrize(
    ("data", "wish"),
    [
        (b"", Wish(False, "")),
        (b"halt\nbad fills\n", Wish(False, "bad fills")),
        (b"flatten\nbad fills\n", Wish(True, "bad fills")),
        (b"\xff\x00\x1b[31m\n\xfe two\n\nthree", Wish(False, "\ufffd two three")),
        (b"because\n" + b"x" * 5_000, Wish(False, "x" * 200)),
    ],
)
def test_any_bytes_are_a_wish(tmp_path: Path, data: bytes, wish: Wish) -> None:
    (tmp_path / NAME).write_bytes(data)
    assert killfile.read(tmp_path) == wish


def test_written_and_read(tmp_path: Path) -> None:
    assert killfile.read(tmp_path) is None
    killfile.write(tmp_path, Wish(True, " two\nlines\x1b "))
    assert killfile.read(tmp_path) == Wish(True, "two lines")
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_a_folder_of_that_name_halts_too(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    wish = killfile.read(tmp_path)
    assert wish is not None
    assert not wish.flatten


def test_a_full_disk_still_takes_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("no space left")

    monkeypatch.setattr(Storage, "write_atomic", refuse)
    killfile.write(tmp_path, Wish(True, "because"))
    assert killfile.read(tmp_path) == Wish(False, "")


def test_it_halts_a_book_that_starts(folder: Path) -> None:
    killfile.write(folder, Wish(True, "bad fills"))
    for _ in range(2):
        with paper_books.reopen(folder, PANEL) as daemon:
            state = daemon.state()
            assert (state.state, state.reason) == ("HALTED", "kill_file: bad fills")


def test_it_halts_a_book_that_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "POLL_S", 0.0)
    with paper_books.reopen(folder, PANEL) as daemon:
        os.close(os.open(folder / NAME, os.O_CREAT, 0o644))
        daemon.run(until=int(PANEL.time[80]))
        assert daemon.state().state == "HALTED"


def test_one_that_says_flatten_closes_every_position_first(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "POLL_S", 0.0)
    with paper_books.reopen(folder, PANEL) as daemon:
        killfile.write(folder, Wish(True, "storm"))
        Timer(0.2, daemon.stop).start()
        daemon.stay()
        assert (daemon.state().state, daemon.state().reason) == ("FLATTEN", "flatten: storm")
    with paper_books.reopen(folder, PANEL) as daemon:
        assert daemon.state().positions
        daemon.run()
        assert daemon.state().positions == ()
        assert (daemon.state().state, daemon.state().reason) == ("HALTED", "flat")


def test_resume_takes_it_away_and_a_refused_one_does_not(folder: Path) -> None:
    killfile.write(folder, Wish(False, "storm"))
    with paper_books.reopen(folder, PANEL) as daemon:
        with pytest.raises(LiveError, match="name"):
            daemon.command("resume", confirm="other")
        assert killfile.read(folder) is not None
        assert daemon.command("resume", confirm="small_book") == "NO_ENTRY"
        assert killfile.read(folder) is None
    with paper_books.reopen(folder, PANEL) as daemon:
        assert daemon.state().state == "NO_ENTRY"
