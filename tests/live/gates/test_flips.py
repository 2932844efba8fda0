"""Every flipped byte of a journal is found, and its event or page is named."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from pathlib import Path

import apsw
import pytest

from counts import FULL
from live.gates.kept import keep
from live.gates.toy import Surroundings, Toy
from quantrl.live.events import Note, event
from quantrl.live.inspection import rebuild, verify
from quantrl.live.journal import NAME, Journal

FLIPS = 500 if FULL else 150


def flipped(whole: Path, target: Path, rng: random.Random) -> int:
    """A copy with one byte changed; its place."""
    shutil.copytree(whole, target)
    data = bytearray((target / NAME).read_bytes())
    place = rng.randrange(len(data))
    data[place] ^= rng.randint(1, 255)
    (target / NAME).write_bytes(data)
    return place


def test_every_flipped_byte_is_named(tmp_path: Path) -> None:
    Toy(40).run(tmp_path / "whole", Surroundings())
    assert verify(tmp_path / "whole").ok
    rng = random.Random(7)
    named: Counter[str] = Counter({"by seq": 0, "by page": 0})
    for _ in range(FLIPS):
        place = flipped(tmp_path / "whole", tmp_path / "bad", rng)
        report = verify(tmp_path / "bad")
        assert not report.ok, place
        named["by seq" if report.first_bad_seq else "by page"] += 1
        if not report.first_bad_seq:
            assert re.search(rf"page {place // 4096 + 1}\b", report.reason), (place, report.reason)
        shutil.rmtree(tmp_path / "bad")
    keep("flips", "Flipped bytes", {"flips": FLIPS, **named, "unnoticed": 0}, seeds="7")
    assert named.total() == FLIPS


@pytest.mark.parametrize("column", ["ord", "boot", "ts", "kind", "agent", "cause", "payload", "hash"])
def test_a_changed_column_is_named_by_its_event_without_checksums_of_pages(
    column: str, tmp_path: Path
) -> None:
    Toy(5).run(tmp_path, Surroundings())
    (tmp_path / f"{NAME}.sums").unlink()
    change = (
        f"CAST(x'01' || substr({column}, 2) AS BLOB)" if column in ("payload", "hash") else f"{column} + 1"
    )
    if column == "ord":
        change = "1000000"
    if column == "payload":
        change = "CAST(payload || x'00' AS BLOB)"
    connection = apsw.Connection(str(tmp_path / NAME))
    connection.execute(f"UPDATE event SET {column} = {change} WHERE seq = 20")
    connection.close()
    report = verify(tmp_path)
    assert (report.ok, report.first_bad_seq, report.events) == (False, 20, 19), report


def test_a_missing_event_is_named(tmp_path: Path) -> None:
    Toy(5).run(tmp_path, Surroundings())
    (tmp_path / f"{NAME}.sums").unlink()
    connection = apsw.Connection(str(tmp_path / NAME))
    connection.execute("DELETE FROM event WHERE seq = 20")
    connection.close()
    assert verify(tmp_path).first_bad_seq == 20


def test_a_changed_table_is_found_and_made_again(tmp_path: Path) -> None:
    Toy(5).run(tmp_path, Surroundings())
    connection = apsw.Connection(str(tmp_path / NAME))
    connection.execute(
        "UPDATE posting SET amount = amount + 1 WHERE ord = (SELECT min(ord) FROM posting) AND line = 0"
    )
    connection.close()
    (tmp_path / f"{NAME}.sums").unlink()
    report = verify(tmp_path)
    assert (report.ok, report.changed_rows) == (False, 1)
    assert rebuild(tmp_path) == 1
    assert verify(tmp_path).ok
    assert rebuild(tmp_path) == 0


def test_a_flip_in_the_log_before_other_commits_is_found(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path / "whole", b"book")
    for number in range(30):
        journal.append([event(Note(f"note {number}" * 40), ts=number)])
        journal.commit()
    shutil.copytree(tmp_path / "whole", tmp_path / "crashed")
    journal.close()
    assert verify(tmp_path / "crashed").events == 30
    log = tmp_path / "crashed" / f"{NAME}-wal"
    whole, rng = log.read_bytes(), random.Random(9)
    for _ in range(30):
        data = bytearray(whole)
        data[rng.randrange(32, len(whole) * 3 // 4)] ^= 1
        log.write_bytes(data)
        report = verify(tmp_path / "crashed")
        assert not report.ok
        assert report.reason.startswith("log: frame")
