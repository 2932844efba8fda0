from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import quantrl.data as data
from counts import full_or
from quantrl.errors import DataError

Write = Callable[[str, Any], Path]
HEAD = "symbol,date,open,high,low,close,volume\n"
GOOD = "A,2020-01-02,1,2,1,1,5\n"


def test_wide_with_empty_cells_blank_lines_and_crlf(write: Write) -> None:
    path = write("w.csv", "\ufeffDate,AAA,B B\r\n\r\n2020-01-02,1,\r\n\r\n2020-01-03,,3\r\n")
    panel = data.read(path, close_time="16:00 America/New_York")
    assert panel.instruments == ("AAA", "B B")
    assert panel.flags == ()
    np.testing.assert_array_equal(panel["close"], [[1, np.nan], [np.nan, 3]])


def test_long_with_quotes_masks_and_absent_rows(write: Write) -> None:
    text = 'symbol,date,close,tradable\n"B, Inc",2020-01-02,1,true\nA,2020-01-02,"2",0\nA,2020-01-03, 3 ,1\n'
    panel = data.read(write("l.csv", text))
    assert panel.instruments == ("A", "B, Inc")
    np.testing.assert_array_equal(panel["close"], [[2, 1], [3, np.nan]])
    np.testing.assert_array_equal(panel.tradable, [[False, True], [True, False]])


def test_one_instrument_is_named_after_the_file(write: Write) -> None:
    panel = data.read(write("SPX.csv", "Date,Open,Adj Close,Close\n2020-01-02,1,1,1\n"))
    assert panel.instruments == ("SPX",)
    assert set(panel.columns) == {"open", "adj_close", "close"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + GOOD + "A,2020-01-03,1,2,-1,1,5\n", "Q04 line 3, column 'low', instrument 'A': .* got -1.0"),
        (HEAD + GOOD + "B,2020-01-02,1,2,1,NaN,5\n", "Q03 line 3, column 'close': .* got 'NaN'"),
        (HEAD + GOOD + "B,2020-01-02,1,-inf,1,1,5\n", "Q03 line 3, column 'high': .* got '-inf'"),
        (HEAD + GOOD + "B,2020-01-02,1,1e999,1,1,5\n", "Q03 line 3, column 'high': .* got '1e999'"),
        (HEAD + GOOD + "A,2020-01-01,1,2,1,1,5\n", "Q01 line 3, column 'date', instrument 'A'"),
        (HEAD + GOOD + GOOD, "Q02 line 3, column 'date', instrument 'A': .* got 2020-01-02"),
        (HEAD + GOOD + "B,2020-01-02,1,2,1,abc,5\n", "line 3, column 'close': expected a number, got 'abc'"),
        (HEAD + GOOD + "\n\nB,soon,1,2,1,1,5\n", "line 5, column 'date': expected a date"),
        (HEAD + "\n\n" + GOOD + "B,soon,1,2,1,1,5\n", "line 5, column 'date': expected a date"),
        (HEAD + GOOD + ",2020-01-02,1,2,1,1,5\n", "line 3, column 'symbol': expected a name"),
        (HEAD + GOOD + "A,,1,2,1,1,5\n", "line 3, column 'date': .* got an empty cell"),
        (HEAD + GOOD + "B,2020-01-02,1,2\n", "line 3: expected 7 fields, got 4"),
        (HEAD + GOOD + "B,2020-01-02,1,2,1,1,5,6\n", "line 3: expected 7 fields, got 8"),
        (HEAD + GOOD + '"B,2020-01-02,1,2,1,1,5\n', "line 3: quotes that do not close"),
        ("date,A,B\n2020-01-02,1,-2\n", "Q04 line 2, column 'B': .* got -2.0"),
        ("date,A\n2020-01-02,1\n2020-01-02,1\n", "Q02 line 3, column 'date'"),
        ("date,A\n2020-01-03,1\n2020-01-02,1\n", "Q01 line 3, column 'date'"),
        ("date;A\n2020-01-02;1\n", "line 1: expected at least two columns, .* not ';'"),
        ("date,A,\n2020-01-02,1,1\n", "column 3: expected a non-empty column name"),
        ("date,symbol,member\n2020-01-02,A,1\n", "expected a column of numbers"),
        ("date,A\n", "no data rows"),
        ("date,A\n\n\n", "no data rows"),
        ("\ndate,A\n", "line 1: expected a header"),
        ("", "is empty"),
        (b"date,A\n2020-01-02,\xff\n", "line 2: not UTF-8 text"),
        (b"date,A\n2020-01-02,\xe2", "line 2: not UTF-8 text"),
        (b"date,A\n2020-01-02,1\x00\n", "line 2: holds a control character"),
        (b"\x1f\x8b\x08\x00", "is compressed with gzip"),
        (
            "date,symbol,close,member\n2020-01-02,A,1,maybe\n",
            "line 2, column 'member': expected true or false",
        ),
    ],
)
def test_every_fault_is_one_line_with_file_and_place(write: Write, text: str | bytes, message: str) -> None:
    path = write("f.csv", text)
    with pytest.raises(DataError, match=message) as caught:
        data.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


PIECES = [
    *(
        b",",
        b"\n",
        b'"',
        b"\r",
        b"NaN",
        b"inf",
        b"-1",
        b"\x00",
        b"\xff",
        b"1e999",
        b"date",
        b"close",
        b"7",
        b"T",
    ),
    *(
        b"0001-01-01",
        b"9999-12-31",
        b"2020-13-01",
        b"+99:99",
        b"Z",
        b" ",
        b"\x1f",
        b"\xef\xbb\xbf",
        b"\xe2\x80\xa8",
    ),
]
EDITS = st.lists(
    st.tuples(st.integers(0, 200), st.integers(0, 6), st.sampled_from(PIECES)), min_size=1, max_size=4
)
ORIGINALS = [
    (HEAD + GOOD + "B,2020-01-02,1,2,1,1,5\nA,2020-01-03,1,2,1,1,5\n").encode(),
    b"date,AAA,BBB\n2020-01-02T10:00:00+01:00,1,2\n2020-01-03T10:00:00Z,,2.5\n",
]


@settings(max_examples=full_or(50_000, 250), suppress_health_check=list(HealthCheck))
@given(st.sampled_from(ORIGINALS), EDITS)
def test_damaged_files_give_a_panel_or_a_data_error(
    tmp_path_factory: pytest.TempPathFactory, original: bytes, edits: list[tuple[int, int, bytes]]
) -> None:
    content = original
    for at, cut, piece in edits:
        content = content[:at] + piece + content[at + cut :]
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(content)
    problem = ""
    try:
        data.read(path)
    except DataError as error:
        problem = str(error)
    assert "\n" not in problem
    assert not problem or problem.startswith(str(path))
