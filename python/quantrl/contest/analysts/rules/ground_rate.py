"""Rules for ``ground_rate``: the polarity of a line is the rating of every symbol it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl.contest.analysts.lexicon import polarity, rating_of
from quantrl.typing import JsonObject


def answer(payload: Mapping[str, Any]) -> JsonObject:
    """One rating for each line and symbol of its hints; 0 is a rating too."""
    ratings = []
    for line in payload["lines"]:
        symbols = payload["hints"][line["id"]]
        if symbols:
            rating = rating_of(polarity(line["text"]))
            ratings += [{"line": line["id"], "symbol": symbol, "rating": rating} for symbol in symbols]
    return {"ratings": ratings}
