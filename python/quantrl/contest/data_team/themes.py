"""What the news of a day is about, beside what it is usually about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from quantrl.contest.documents.search import words
from quantrl.contest.types import Document
from quantrl.typing import JsonObject

DAYS = 20
KEPT, SHOWN = 60, 40
_SHORTEST = 4
_COMMON = frozenset(
    words(
        "about after again against also amid among another because been before being between both could does doing "
        "down during each every following from further have having here into itself just like made make many more "
        "most much must near next only other over same says should since some such than that their them then there "
        "these they this those through under until upon very were what when where which while will with within "
        "without would your"
    )
)


def count_themes(documents: Iterable[Document]) -> dict[str, int]:
    """In how many titles each word stands, and how many documents are about each symbol; the 60 most frequent."""
    counts: Counter[str] = Counter()
    for document in documents:
        title = {word for word in words(document.title) if len(word) >= _SHORTEST and word.isalpha()}
        counts.update(title - _COMMON - {symbol.casefold() for symbol in document.symbols})
        counts.update(document.symbols)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:KEPT])


def compare(today: dict[str, int], before: Sequence[JsonObject]) -> list[JsonObject]:
    """The themes that are furthest above their mean of the days before, as `theme`, `today`, `usual`; 40 at most.

    Parameters
    ----------
    today : dict of str to int
    before : sequence of dict
        `count_themes` of earlier days.
    """
    totals: Counter[str] = Counter()
    for counts in before:
        totals.update(counts)
    rows = [
        {"theme": theme, "today": n, "usual": round(totals[theme] / max(len(before), 1), 2)}
        for theme, n in today.items()
    ]
    rows.sort(key=lambda row: (-lift(row), row["theme"]))
    return rows[:SHOWN]


def lift(row: JsonObject) -> float:
    """How far today's count lies above its mean, in units of the spread a count of that mean has."""
    return float((row["today"] - row["usual"]) / (row["usual"] + 1.0) ** 0.5)
