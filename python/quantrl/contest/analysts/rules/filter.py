"""Rules for ``filter``: documents whose titles hold the keywords, name a company, and say something new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl.contest.analysts.lexicon import polarity
from quantrl.contest.documents.search import words
from quantrl.typing import JsonObject

HIT, ENTITY, NOVELTY, OPINION = 2.0, 1.0, 1.0, 1.0


def answer(payload: Mapping[str, Any]) -> JsonObject:
    """Ids of the best titles, in the order they came; of equals the earlier.

    The score of a title is 2 a keyword, 1 for a company, 1 times the share of its words no title before had, and the
    size of its polarity.
    """
    wanted = {word.casefold() for word in payload["preference"]["keywords"]}
    seen: set[str] = set()
    scored: list[tuple[float, int, str]] = []
    for i, document in enumerate(payload["documents"]):
        title = set(words(document["title"]))
        symbols = payload["symbols"][document["id"]]
        hits = len(wanted & (title | {symbol.casefold() for symbol in symbols}))
        new = len(title - seen) / max(len(title), 1)
        opinion = abs(polarity(document["title"]))
        score = HIT * hits + ENTITY * bool(symbols) + NOVELTY * new + OPINION * opinion
        scored.append((-score, i, document["id"]))
        seen |= title
    best = sorted(scored)[: payload["most"]]
    return {"ids": [local for _, _, local in sorted(best, key=lambda row: row[1])]}
