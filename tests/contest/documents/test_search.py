from __future__ import annotations

from quantrl.contest.documents.clean import Record, make_document
from quantrl.contest.documents.search import rank
from quantrl.contest.types import Document
from quantrl.units import NS_PER_SECOND

T = 1_600_000_000 * NS_PER_SECOND


def documents(*texts: str) -> list[Document]:
    return [make_document(Record(i, T + i, f"number {i}", text), "wire") for i, text in enumerate(texts)]


def test_rare_words_and_shorter_texts_come_first() -> None:
    found = rank(
        documents("profit and more profit", "profit", "merger of profit", "nothing of it"),
        "Merger PROFIT",
        10,
    )
    assert found[0].title == "number 2"
    assert {d.title for d in found} == {"number 0", "number 1", "number 2"}


def test_ties_go_to_the_newer_and_k_is_kept() -> None:
    found = rank(documents("same words", "same words", "same words"), "words", 2)
    assert [d.title for d in found] == ["number 2", "number 1"]


def test_a_query_without_words_gives_the_newest() -> None:
    assert [d.title for d in rank(documents("a", "b", "c"), " !? ", 2)] == ["number 2", "number 1"]
    assert rank([], "a", 3) == []


def test_a_word_in_the_title_counts_twice() -> None:
    plain = make_document(Record(1, T, "report", "merger of three pages"), "wire")
    titled = make_document(Record(2, T, "merger", "report of three pages"), "wire")
    assert rank([plain, titled], "merger", 2) == [titled, plain]


def test_what_words_are_worth_depends_on_the_candidates_alone() -> None:
    few = documents("rare word", "word", "word")
    order = rank(few, "rare word", 3)
    rank(documents(*["rare"] * 50), "rare word", 3)
    assert rank(few, "rare word", 3) == order
