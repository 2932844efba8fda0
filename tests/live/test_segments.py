from __future__ import annotations

from pathlib import Path

import pytest

from quantrl.errors import DataError, JournalError
from quantrl.live.segments import Segments
from quantrl.live.storage import Storage

ROWS = [bytes([n]) * (n + 1) for n in range(30)]


def written(folder: Path, roll_bytes: int = 200) -> list[Path]:
    segments = Segments(Storage(folder), roll_bytes=roll_bytes)
    for n in range(0, 30, 3):
        assert segments.append(ROWS[n : n + 3]) == n + 3
    segments.close()
    return sorted(folder.glob("*.seg"))


def read(folder: Path, first: int, last: int) -> list[bytes]:
    return [record.payload for record in Segments(Storage(folder), last).read(first, last)]


def test_rows_come_back_from_several_files(tmp_path: Path) -> None:
    files = written(tmp_path)
    assert len(files) > 3
    assert [path.with_name(path.name + ".sha256").exists() for path in files] == [True] * (len(files) - 1) + [
        False
    ]
    assert read(tmp_path, 1, 30) == ROWS
    assert read(tmp_path, 7, 19) == ROWS[6:19]


def test_the_bytes_are_those_of_the_format(tmp_path: Path) -> None:
    segments = Segments(Storage(tmp_path))
    segments.append([b"abc"])
    segments.close()
    data = (tmp_path / "00000000000000000001.seg").read_bytes()
    assert data.hex() == "03000000" + "fcf66c60" + "0100000000000000" + b"abc".hex()


def test_a_torn_end_is_cut_and_writing_goes_on(tmp_path: Path) -> None:
    last = written(tmp_path)[-1]
    whole = last.read_bytes()
    for cut in range(1, 31 + 16):
        last.write_bytes(whole[:-cut])
        segments = Segments(Storage(tmp_path), 29)
        assert segments.last == 29
        segments.append([ROWS[29]])
        segments.close()
        assert last.read_bytes() == whole


def test_nothing_the_journal_refers_to_is_cut(tmp_path: Path) -> None:
    last = written(tmp_path)[-1]
    whole = last.read_bytes()
    last.write_bytes(whole[:-1])
    with pytest.raises(JournalError, match="record 30 is damaged, and the journal refers to 30"):
        Segments(Storage(tmp_path), 30)
    assert last.read_bytes() == whole[:-1]
    last.unlink()
    with pytest.raises(JournalError, match="expected records up to 30, got"):
        Segments(Storage(tmp_path), 30)


def test_a_sealed_file_that_changed_is_refused(tmp_path: Path) -> None:
    first = written(tmp_path)[0]
    data = bytearray(first.read_bytes())
    data[20] ^= 1
    first.write_bytes(data)
    with pytest.raises(JournalError, match="not as it was sealed"):
        read(tmp_path, 1, 2)
    first.with_name(first.name + ".sha256").unlink()
    with pytest.raises(JournalError, match="record 2 is missing or damaged"):
        read(tmp_path, 1, 2)


def test_a_sealed_file_takes_no_more(tmp_path: Path) -> None:
    segments = Segments(Storage(tmp_path), roll_bytes=100)
    segments.append([b"x" * 80])
    segments._writer(100)
    segments.close()
    (tmp_path / "00000000000000000002.seg").unlink()
    segments = Segments(Storage(tmp_path), 1)
    segments.append([b"y"])
    segments.close()
    assert read(tmp_path, 1, 2) == [b"x" * 80, b"y"]


def test_too_large_or_misnamed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="at most 16777216 bytes"):
        Segments(Storage(tmp_path)).append([bytes(16 * 1024 * 1024 + 1)])
    (tmp_path / "x.seg").write_bytes(b"")
    with pytest.raises(JournalError, match="x.seg: expected 20 digits"):
        Segments(Storage(tmp_path))
