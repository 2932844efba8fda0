"""Rules for ``merge``: each line once, those with keywords and strong words first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl.contest.analysts.lexicon import polarity
from quantrl.contest.data_team.limits import MAX_REFS
from quantrl.contest.documents.clean import normal_form
from quantrl.contest.documents.search import words
from quantrl.typing import JsonObject


def answer(payload: Mapping[str, Any]) -> JsonObject:
    """Lines by keyword hits and size of polarity; of equals the earlier."""
    wanted = {word.casefold() for word in payload["preference"]["keywords"]}
    groups: dict[str, list[str]] = {}
    texts: dict[str, str] = {}
    for line in payload["lines"]:
        form = normal_form("", line["text"])
        groups.setdefault(form, []).append(line["id"])
        texts.setdefault(form, line["text"])
    ranked = sorted(texts, key=lambda form: -_importance(texts[form], wanted))
    return {"lines": [{"text": texts[form], "refs": groups[form][:MAX_REFS]} for form in ranked]}


def _importance(text: str, wanted: set[str]) -> float:
    hits = len(wanted.intersection(words(text))) if wanted else 0
    return min(hits, 2) * 0.25 + abs(polarity(text))
