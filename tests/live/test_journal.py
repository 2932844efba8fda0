from __future__ import annotations

import errno
import hashlib
import struct
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from live.gates.probe import Fault, ProbedVFS
from quantrl.errors import AlreadyRunning, ConfigError, DataError, InvariantError, JournalError, StorageError
from quantrl.live import events as ev
from quantrl.live import sqlite
from quantrl.live.events import Event, event
from quantrl.live.inspection import rebuild, verify
from quantrl.live.journal import NAME, Journal

BOOK = b"book"


def note(text: str) -> Event:
    return event(ev.Note(text), ts=1)


def timer(due: int) -> Event:
    return event(ev.Timer("t", due), ts=due)


def test_the_chain_is_the_one_of_the_specification(tmp_path: Path) -> None:
    with Journal.create(tmp_path, BOOK) as journal:
        first, second = journal.append([timer(5), note("x")])
        journal.commit()
        before = hashlib.sha256(b"quantrl/1" + BOOK).digest()
        head = struct.pack("<qqqqqqqI", 1, 1, 1, 5, 4, -1, 0, len(first.payload))
        assert first.hash == hashlib.sha256(before + head + first.payload).digest()
        head = struct.pack("<qqqqqqqI", 2, 0, 1, 1, 70, -1, 0, len(second.payload))
        assert second.hash == hashlib.sha256(first.hash + head + second.payload).digest()
        assert journal.head == journal.committed == (2, 1, second.hash)


def test_events_come_back_as_they_were_appended(tmp_path: Path) -> None:
    with Journal.create(tmp_path, BOOK, {"name": "demo"}) as journal:
        placed = journal.append([timer(n) for n in range(2_500)])
        assert list(journal.events()) == []
        journal.commit()
        assert list(journal.events()) == placed
        assert list(journal.events(1_001, 2_001)) == placed[1_000:2_001]
        hashes = [e.hash for e in journal.events()]
    with Journal.open(tmp_path) as journal:
        assert [e.hash for e in journal.events()] == hashes
        assert journal.meta("name") == "demo"
        assert journal.book_id == BOOK


def test_lifecycle_events_and_restarts_change_no_content_digest(tmp_path: Path) -> None:
    with Journal.create(tmp_path / "straight", BOOK) as journal:
        journal.append([timer(n) for n in range(10)])
        journal.commit()
        straight = journal.content_digest()
    Journal.create(tmp_path / "restarted", BOOK).close()
    for n in range(10):
        journal = Journal.open(tmp_path / "restarted")
        journal.append([note(f"start {n}"), timer(n)])
        journal.commit()
        if n % 3 == 0:
            journal.checkpoint()
        if n % 2:
            journal.close()
        else:
            journal.abandon()
    with Journal.open(tmp_path / "restarted") as journal:
        assert journal.content_digest() == straight
        assert (journal.committed.seq, journal.committed.ord) == (20, 10)
        assert [e.boot for e in journal.events()][::2] == list(range(1, 11))


def test_what_is_not_committed_is_not_there(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, BOOK)
    journal.append([timer(1)])
    journal.commit()
    digest = journal.content_digest()
    journal.append([timer(2)])
    assert (journal.head.seq, journal.committed.seq) == (2, 1)
    with pytest.raises(InvariantError, match="1 events wait for commit"):
        journal.checkpoint()
    journal.abandon()
    with Journal.open(tmp_path) as journal:
        assert (journal.head.seq, journal.content_digest()) == (1, digest)


def test_bad_events_leave_the_journal_as_it_was(tmp_path: Path) -> None:
    with Journal.create(tmp_path, BOOK) as journal:
        before = journal.head
        with pytest.raises(DataError, match="kind: expected one of the table, got 40"):
            journal.append([timer(1), Event(40, 0)])
        with pytest.raises(DataError, match="Posting"):
            journal.append([timer(1), Event(24, 0, payload=b"\x01")])
        with pytest.raises(InvariantError, match="beyond 64 bits"):
            journal.append([Event(4, 2**63)])
        assert journal.head == before
        journal.append([timer(1)])
        assert journal.commit().seq == 1


def test_a_row_the_tables_refuse_drops_the_whole_commit(tmp_path: Path) -> None:
    fill = event(ev.Fill(0, "f", "q", 0, 1, 1, 1, 0, 0, ()), ts=1)
    journal = Journal.create(tmp_path, BOOK)
    journal.append([fill])
    journal.commit()
    journal.append([timer(1), fill])
    with pytest.raises(InvariantError, match="events from 2 on"):
        journal.commit()
    with pytest.raises(StorageError, match="no longer usable"):
        journal.append([timer(1)])
    journal.close()
    assert verify(tmp_path).events == 1


def test_a_refused_commit_is_never_tried_again(tmp_path: Path) -> None:
    Journal.create(tmp_path, BOOK).close()
    fault = Fault(10**9, errno.ENOSPC)
    vfs = ProbedVFS("refusing", fault)
    journal = Journal.open(tmp_path, vfs=vfs.vfs_name)
    journal.append([timer(1)])
    fault._at = fault.count + 1
    with pytest.raises(StorageError) as caught:
        journal.commit()
    assert caught.value.errno == errno.ENOSPC
    for again in (journal.commit, lambda: journal.append([timer(2)]), journal.checkpoint):
        with pytest.raises(StorageError, match="no longer usable"):
            again()
    journal.close()
    with Journal.open(tmp_path) as journal:
        assert journal.committed.seq in (0, 1)


def test_another_opener_is_refused(tmp_path: Path) -> None:
    with Journal.create(tmp_path, BOOK) as journal:
        journal.append([timer(1)])
        journal.commit()
        with pytest.raises(AlreadyRunning):
            Journal.open(tmp_path)
        program = f"from quantrl.live.inspection import verify; verify({str(tmp_path)!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert "AlreadyRunning" in done.stderr


def test_only_a_new_folder_gets_a_journal_and_only_one_with_a_journal_is_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="expected journal.db"):
        Journal.open(tmp_path)
    Journal.create(tmp_path, BOOK).close()
    with pytest.raises(ConfigError, match="expected none yet"):
        Journal.create(tmp_path, BOOK)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}


def test_settings_are_asserted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Journal.create(tmp_path, BOOK).close()
    monkeypatch.setattr(sqlite, "PRAGMAS", (("synchronous", "NORMAL", 2),))
    with pytest.raises(ConfigError, match="PRAGMA synchronous: expected 2, got 1"):
        Journal.open(tmp_path)
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.40.1")
    with pytest.raises(ConfigError, match="SQLite: expected 3.51.3 or later, got 3.40.1"):
        Journal.open(tmp_path)


def test_read_only_changes_no_file(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, BOOK)
    journal.append([timer(1)])
    journal.commit()
    journal.abandon()
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with Journal.open(tmp_path, read_only=True) as journal:
        assert journal.committed.seq == 1
        with pytest.raises(StorageError, match="read only"):
            journal.append([timer(2)])
    assert verify(tmp_path).ok
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_what_is_no_journal_is_an_error_of_the_journal(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"x" * 8_192)
    with pytest.raises(JournalError, match="cannot be read"):
        Journal.open(tmp_path)
    assert not verify(tmp_path).ok


def test_tables_follow_the_events(tmp_path: Path) -> None:
    intent = ev.Intent("qA", 1, 1, 10, 100, 0, 0, 0, ((0, 6), (1, 4)))
    fill = ev.Fill(0, "f1", "qA", 1, 1, 7, 100, 5, 9, ((16, 4, 3), (17, 3, 2)))
    with Journal.create(tmp_path, BOOK) as journal:
        journal.append(
            [
                event(ev.Boot(1, b"a", b"b", b"c", "linux"), ts=1),
                event(intent, ts=2),
                event(ev.OrderState("qA", 3, 7, ""), ts=3),
                event(fill, ts=3),
                event(ev.Posting(((16, 0, -5), (1, 0, 5)), "fill"), ts=3),
                event(ev.Transfer("r1", ((16, 0, -1), (17, 0, 1)), ()), ts=4),
                event(ev.Round("r1", 1, ()), ts=4),
                event(ev.Round("r1", 2, ()), ts=4),
                event(ev.Lock(1, "0", 0, "loss", 99), ts=4),
                event(ev.Lock(2, "1", 0, "reject", 99), ts=4),
                event(ev.Lock(1, "0", 0, "", 0), ts=5),
                event(ev.Outbox("k", 1, b"x"), ts=6),
                event(ev.Outbox("l", 1, b"y"), ts=6),
                event(ev.SideEffect("outbox", "11"), ts=6),
            ]
        )
        journal.commit()
        rows = {table: journal.rows(f"SELECT * FROM {table}") for table in ("orders", "order_share", "lock")}
        assert rows["orders"] == [("qA", 1, 1, 10, 100, 0, 3, 7, 2)]
        assert rows["order_share"] == [("qA", 0, 6, 2), ("qA", 1, 4, 1)]
        assert rows["lock"] == [(2, "1", 0, "reject", 99, 9)]
        assert journal.rows("SELECT * FROM fill") == [(0, "f1", "qA", 7, 100, 5, 3)]
        assert journal.rows("SELECT * FROM posting") == [
            (4, 0, 16, 0, -5),
            (4, 1, 1, 0, 5),
            (5, 0, 16, 0, -1),
            (5, 1, 17, 0, 1),
        ]
        assert journal.rows("SELECT * FROM round") == [("r1", 2, 7)]
        assert journal.rows("SELECT * FROM outbox") == [(11, 1, b"x", 6, 1, 1), (12, 1, b"y", 6, 0, 0)]
        assert journal.rows("SELECT boot, platform FROM boot") == [(1, "linux")]
    assert verify(tmp_path).ok
    assert rebuild(tmp_path) == 0
