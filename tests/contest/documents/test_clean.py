from __future__ import annotations

import hashlib

import pytest

from quantrl.contest.documents.clean import Record, clean_text, document_id, make_document, normal_form
from quantrl.errors import DataError
from quantrl.units import NS_PER_SECOND

T = 1_600_000_000 * NS_PER_SECOND


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  plain   text ", "plain text"),
        ("ﬁne ①　Ａ", "fine 1 A"),
        ("pro\u200bfit\u200d \u202egnirts\u202c\ufeff", "profit gnirts"),
        ("bell\x07 nul\x00 esc\x1b[31m", "bell nul esc[31m"),
        ("one\r\ntwo\rthree\u2028four\tfive", "one\ntwo\nthree\nfour five"),
        ("e\u200b\u0301", "é"),
        ("", ""),
    ],
)
def test_clean_text(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean
    assert clean_text(clean) == clean


def test_equal_words_are_equal_whatever_the_case_marks_and_blanks() -> None:
    assert normal_form("Profit UP!", "More  to come.") == normal_form("profit up", "more to come")
    assert normal_form("a", "b") != normal_form("a", "c")
    assert normal_form("!!", "") != normal_form("??", "")


def test_id_is_a_hash_of_source_url_title_and_time() -> None:
    expected = hashlib.sha256(b"wire\x00http://a\x00Title\x0017").hexdigest()[:16]
    assert document_id("wire", "http://a", "Title", 17) == expected
    others = {document_id(*key) for key in [("wire", "", "a", 1), ("wire", "a", "", 1), ("wirea", "", "", 1)]}
    assert len(others) == 3


def test_available_is_the_later_of_published_and_first_seen_plus_the_delay() -> None:
    minute = 60 * NS_PER_SECOND
    assert make_document(Record(1, T, "a"), "wire").available_at == T + minute
    assert make_document(Record(1, T, "a", first_seen=T + 5), "wire").available_at == T + 5 + minute
    assert make_document(Record(1, T, "a", first_seen=T - 5), "wire", 0).available_at == T
    assert make_document(Record(1, T, "a", available_at=T + 7), "wire").available_at == T + 7


def test_a_title_is_one_line_and_is_taken_from_the_text_where_it_is_missing() -> None:
    assert make_document(Record(1, T, "two\nlines"), "wire").title == "two lines"
    document = make_document(Record(1, T, "", "first line\nsecond"), "wire")
    assert (document.title, document.text) == ("first line", "first line\nsecond")


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (Record(7, None, "a"), "wire: row 7, published_at: expected a time, got none"),
        (
            Record(7, T, "a", available_at=T - 1),
            f"wire: row 7, available_at: {T - 1} lies before published_at {T}",
        ),
        (Record(7, T, "a" * 301), "row 7, title: expected at most 300 characters, got 301"),
        (Record(7, T, "a", "b" * 20_001), "row 7, text: expected at most 20,000 characters, got 20,001"),
        (Record(7, T, "ﷺ" * 20), "row 7, title: expected at most 300 characters after NFKC, got 360"),
        (Record(7, T, "a", url="u" * 2_049), "row 7, url: expected at most 2,048"),
        (Record(7, T, "a", lang="e" * 65), "row 7, lang: expected at most 64"),
        (Record(7, T, "half \ud800"), "row 7, title: not valid Unicode at character 5"),
        (Record(7, T, "\u200b", " \n"), "row 7: expected a title or a text, got neither"),
        (Record(7, T, 5), "row 7, title: expected text, got 5"),  # type: ignore[arg-type]
        (Record(7, T, "a", symbols=("A\n",)), "row 7, symbols: expected printable names"),
        (
            Record(7, T, "a", symbols=tuple(f"S{i}" for i in range(65))),
            "row 7, symbols: expected at most 64, got 65",
        ),
    ],
)
def test_refused_with_source_row_and_reason(record: Record, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make_document(record, "wire")
