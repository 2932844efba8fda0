from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantrl.errors import DataError
from quantrl.live import plain
from quantrl.live.snapshots import Snapshots
from quantrl.live.storage import Storage

_TEXT = st.text(st.characters(codec="utf-8"), max_size=6)
_LEAF = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT | st.binary(max_size=6)
PLAIN = st.recursive(
    _LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(_TEXT, inner, max_size=3)
        | st.dictionaries(st.integers(), inner, max_size=3)
    ),
    max_leaves=12,
)
DIGEST = bytes(range(32))


def exactly(value: Any) -> str:
    """Tells 1 from True and 1.0, and a tuple from a list."""
    return repr(value)


@given(PLAIN)
def test_plain_values_come_back_as_they_were(value: Any) -> None:
    data = plain.dump(value)
    back = plain.load(data)
    assert back == value
    assert plain.dump(back) == data


@given(st.binary(max_size=24))
def test_only_bytes_that_are_written_are_read(data: bytes) -> None:
    try:
        value = plain.load(data)
    except DataError:
        return
    assert plain.dump(value) == data


def test_kinds_are_kept_apart_and_dicts_have_one_order() -> None:
    value = (True, 1, 1.0, "1", b"1", [1], (1,), {2: 0, 1: 0}, -(2**200), None)
    assert exactly(plain.load(plain.dump(value))) == exactly((*value[:7], {1: 0, 2: 0}, *value[8:]))
    assert math.isnan(plain.load(plain.dump(math.nan)))
    assert exactly(plain.load(plain.dump(-0.0))) == "-0.0"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({1: 0, "a": 0}, "expected keys that are all str or all int"),
        ({1.5: 0}, "expected keys"),
        ([0, {"a": object()}], r"value\[1\]\['a'\]: expected a plain value, got object"),
        ({1, 2}, "expected a plain value, got set"),
        ("\ud800", "surrogates"),
    ],
)
def test_what_is_not_plain_is_refused(value: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        plain.dump(value)


def test_depth_is_limited() -> None:
    deep: Any = ()
    for _ in range(70):
        deep = (deep,)
    with pytest.raises(DataError, match="nested deeper than 64"):
        plain.dump(deep)
    with pytest.raises(DataError, match="nested deeper than 64"):
        plain.load(b"U\x01\x00\x00\x00" * 70 + b"N")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("", "byte 0: expected the start"),
        ("4e4e", "byte 1: 1 bytes too many"),
        ("49020000000100", "an integer in 2 bytes, it needs 1"),
        ("53020000004e", "2 bytes expected, 1 left"),
        ("5301000000ff", "utf-8"),
        ("4d0200000049010000000249010000000149010000000149", "expected a key after 2"),
        ("4400", "8 bytes expected"),
    ],
)
def test_bytes_nobody_wrote_are_refused(data: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        plain.load(bytes.fromhex(data))


def test_the_newest_three_are_kept(tmp_path: Path) -> None:
    snapshots = Snapshots(Storage(tmp_path))
    names = [snapshots.write(seq, seq - 1, ("state", seq), DIGEST) for seq in (5, 9, 12, 20)]
    assert sorted(path.name for path in tmp_path.iterdir()) == names[1:]
    found = snapshots.newest_good()
    assert found is not None
    assert (found.name, found.seq, found.ord, found.content_digest) == (names[3], 20, 19, DIGEST)
    assert found.state == ("state", 20)


def test_a_damaged_one_falls_back_to_an_older(tmp_path: Path) -> None:
    snapshots = Snapshots(Storage(tmp_path))
    names = [snapshots.write(seq, seq, ("state", seq), DIGEST) for seq in (5, 9, 12)]
    whole = (tmp_path / names[2]).read_bytes()
    for place in range(len(whole)):
        data = bytearray(whole)
        data[place] ^= 0x40
        (tmp_path / names[2]).write_bytes(data)
        found = snapshots.newest_good()
        assert found is not None
        assert found.seq == 9
        assert list(snapshots.damaged) == [names[2]]
    (tmp_path / names[1]).write_bytes(b"")
    found = snapshots.newest_good()
    assert found is not None
    assert found.seq == 5
    (tmp_path / names[0]).unlink()
    assert snapshots.newest_good() is None


def test_one_past_the_end_of_the_journal_is_not_taken(tmp_path: Path) -> None:
    snapshots = Snapshots(Storage(tmp_path))
    for seq in (5, 9):
        snapshots.write(seq, seq, (), DIGEST)
    found = snapshots.newest_good(8)
    assert found is not None
    assert found.seq == 5
