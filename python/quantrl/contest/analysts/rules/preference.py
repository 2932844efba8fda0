"""Rules for ``preference``: the themes that are most in the news beyond what is usual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quantrl.contest.data_team.preference import MAX_KEYWORD, MAX_KEYWORDS, MAX_TEXT
from quantrl.contest.data_team.themes import lift
from quantrl.typing import JsonObject

_LEAST = 2


def answer(payload: Mapping[str, Any]) -> JsonObject:
    """Up to eight themes of two documents or more, above their mean."""
    rising = [row for row in payload["themes"] if row["today"] >= _LEAST and lift(row) > 0][:MAX_KEYWORDS]
    keywords = [row["theme"][:MAX_KEYWORD] for row in rising]
    return {"text": _told(rising) if rising else payload["interest"][:MAX_TEXT], "keywords": keywords}


def _told(rising: Sequence[JsonObject]) -> str:
    """As many of the themes as have room, with their counts."""
    text = "In the news more than usual"
    for i, row in enumerate(rising):
        more = f"{', ' if i else ': '}{row['theme'][:MAX_KEYWORD]} ({row['today']}, usually {row['usual']:g})"
        if len(text) + len(more) + 1 > MAX_TEXT:
            break
        text += more
    return f"{text}."
