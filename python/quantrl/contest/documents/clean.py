"""From a row of somebody's file to a `Document`: limits, Unicode, identity."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from quantrl.contest.types import Document
from quantrl.data.origin import shown
from quantrl.errors import DataError
from quantrl.units import NS_PER_SECOND

MAX_TITLE, MAX_TEXT, MAX_URL, MAX_LABEL, MAX_SYMBOLS = 300, 20_000, 2_048, 64, 64
DELAY_NS = 60 * NS_PER_SECOND
_WORDS = re.compile(r"\w+")


class _Dropped(dict[int, int | None]):
    """What becomes of each character, looked up when it first occurs: control and format characters go."""

    def __missing__(self, code: int) -> int | None:
        gone = unicodedata.category(chr(code)) in ("Cc", "Cf") and chr(code) not in "\n\t"
        self[code] = None if gone else code
        return self[code]


_DROPPED = _Dropped()


class Record(NamedTuple):
    """One row of a source, not yet checked.

    Parameters
    ----------
    row : int
        Where it stands there; for messages.
    published_at : int, optional
        ns UTC; None is undated.
    title, text : str
        One of them may be empty.
    first_seen : int, optional
        When the collector of this source first had it.
    available_at : int, optional
        When it could be read, as the source itself says: taken as it is, without delay.
    symbols : tuple of str
    url, lang : str
    """

    row: int
    published_at: int | None
    title: str = ""
    text: str = ""
    first_seen: int | None = None
    available_at: int | None = None
    symbols: tuple[str, ...] = ()
    url: str = ""
    lang: str = ""


def clean_text(text: str) -> str:
    """NFKC, without zero-width, direction and control characters; runs of blanks become one, lines stay.

    Raises
    ------
    DataError
        Halves of surrogate pairs, which are what is left of text that was not UTF-8.
    """
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"not valid Unicode at character {error.start}") from None
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    # dropping a character can bring two together that compose
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", lines).translate(_DROPPED))
    return "\n".join(" ".join(line.split()) for line in plain.split("\n")).strip()


def normal_form(title: str, text: str) -> str:
    """What two documents share if one repeats the other: their words, without case, marks and blanks."""
    return " ".join(_WORDS.findall(f"{title}\n{text}".casefold())) or f"{title}\n{text}"


def document_id(source: str, url: str, title: str, published_at: int) -> str:
    """16 hexadecimal digits of a sha256 over these four, separated by a byte that none of them can hold."""
    parts = (source, url, title, str(published_at))
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:16]


def make_document(record: Record, source: str, delay_ns: int = DELAY_NS) -> Document:
    """A document from one record that has a date.

    `available_at` is the later of published and first seen, plus the delay, unless the record states it.

    Raises
    ------
    DataError
        Undated, available before published, over a limit, empty, or not Unicode; names source, row and field.
    """
    where = f"{source}: row {record.row}"
    published = record.published_at
    if published is None:
        raise DataError(
            f"{where}, published_at: expected a time, got none; undated = 'drop' leaves such rows out"
        )
    title, text = (
        _field(record.title, "title", MAX_TITLE, where),
        _field(record.text, "text", MAX_TEXT, where),
    )
    title = " ".join(title.split("\n"))
    if not title and not text:
        raise DataError(f"{where}: expected a title or a text, got neither")
    available = record.available_at
    if available is None:
        available = max(published, published if record.first_seen is None else record.first_seen) + delay_ns
    if available < published:
        raise DataError(f"{where}, available_at: {available} lies before published_at {published}")
    title = title or text.split("\n")[0][:MAX_TITLE]
    url = _field(record.url, "url", MAX_URL, where)
    return Document(
        document_id(source, url, title, published), source, title, text, published, available,
        _symbols(record.symbols, where), url, _field(record.lang, "lang", MAX_LABEL, where),
    )  # fmt: skip


def check_source(name: str) -> str:
    """The name of a source, if it can be one.

    Raises
    ------
    DataError
        Empty, over 64 characters, or not printable.
    """
    if not name or len(name) > MAX_LABEL or not name.isprintable():
        raise DataError(
            f"source: expected a printable name of 1 to {MAX_LABEL} characters, got {shown(name)}"
        )
    return name


def _field(value: object, field: str, limit: int, where: str) -> str:
    if not isinstance(value, str):
        raise DataError(f"{where}, {field}: expected text, got {shown(value)}")
    if len(value) > limit:
        raise DataError(f"{where}, {field}: expected at most {limit:,} characters, got {len(value):,}")
    try:
        clean = clean_text(value)
    except DataError as error:
        raise DataError(f"{where}, {field}: {error}") from None
    if len(clean) > limit:
        raise DataError(
            f"{where}, {field}: expected at most {limit:,} characters after NFKC, got {len(clean):,}"
        )
    return clean


def _symbols(symbols: Iterable[str], where: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(symbols))
    if len(found) > MAX_SYMBOLS:
        raise DataError(f"{where}, symbols: expected at most {MAX_SYMBOLS}, got {len(found)}")
    for symbol in found:
        if not symbol or len(symbol) > MAX_LABEL or not symbol.isprintable():
            raise DataError(f"{where}, symbols: expected printable names, got {shown(symbol)}")
    return found
