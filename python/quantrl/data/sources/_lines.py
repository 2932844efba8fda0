"""The lines of a text file: counted, decoded and checked before a parser sees them."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

import polars as pl

from quantrl.data.grid import MAX_ROWS
from quantrl.data.origin import shown
from quantrl.errors import DataError

_CHUNK = 16 << 20
_LONGEST_HEADER = 8 << 20
_UNUSED = "\x1f"


def check_text(file: Path, name: str) -> None:
    """Read the file once, in pieces.

    Raises
    ------
    DataError
        Not UTF-8, control characters that no table has, or over 50 million lines; the message has the line.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 0
    with file.open("rb") as handle:
        while chunk := handle.read(_CHUNK):
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                line = lines + 1 + error.object[: error.start].count(b"\n")
                raise DataError(f"{name}: line {line}: not UTF-8 text") from None
            for byte in (b"\x00", _UNUSED.encode()):
                if byte in chunk:
                    line = lines + 1 + chunk[: chunk.index(byte)].count(b"\n")
                    raise DataError(f"{name}: line {line}: holds a control character, so it is not text")
            lines += chunk.count(b"\n")
            if lines > MAX_ROWS + 1:
                raise DataError(f"{name}: more than {MAX_ROWS} lines")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise DataError(f"{name}: line {lines + 1}: not UTF-8 text") from None


def header(file: Path, name: str) -> list[str]:
    """Names on line 1.

    Raises
    ------
    DataError
        An empty first line, broken quotes, or a line of over 8 MiB.
    """
    with file.open("rb") as handle:
        first = handle.readline(_LONGEST_HEADER)
    if len(first) == _LONGEST_HEADER:
        raise DataError(f"{name}: line 1 is longer than {_LONGEST_HEADER} bytes")
    text = first.decode("utf-8-sig").rstrip("\r\n")
    if not text.strip():
        raise DataError(f"{name}: line 1: expected a header, got an empty line")
    names = _fields(text, name, 1)
    if len(names) == 1:
        hint = next(
            (f"; separate columns by ',' and not {mark!r}" for mark in (";", "\t", "|") if mark in text), ""
        )
        raise DataError(f"{name}: line 1: expected at least two columns, got {shown(text)}{hint}")
    return names


def check_fields(file: Path, name: str, n_columns: int) -> None:
    """Every line has as many fields as the header, or is empty; no field goes on over a line's end.

    Raises
    ------
    DataError
        The first line that is not so.
    """
    lines = pl.read_csv(
        file, has_header=False, separator=_UNUSED, quote_char=None, infer_schema=False, glob=False
    ).to_series()
    empty = lines.is_null() | (lines.str.strip_chars() == "")
    quoted = lines.str.contains('"', literal=True)
    wrong = (lines.str.count_matches(",", literal=True) != n_columns - 1) & ~quoted & ~empty
    suspects = (wrong | quoted).fill_null(False)
    for index in suspects.arg_true().to_list():
        found = len(_fields(str(lines[index]), name, index + 1))
        if found != n_columns:
            raise DataError(f"{name}: line {index + 1}: expected {n_columns} fields, got {found}")


def _fields(text: str, name: str, line: int) -> list[str]:
    try:
        return next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration):
        raise DataError(f"{name}: line {line}: quotes that do not close before the line ends") from None
