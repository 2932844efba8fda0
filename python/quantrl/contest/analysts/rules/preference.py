"""Rules for ``preference``: the themes that are most in the news beyond what is usual."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl.contest.data_team.preference import MAX_KEYWORD, MAX_KEYWORDS, MAX_TEXT
from quantrl.contest.data_team.themes import lift
from quantrl.typing import JsonObject

_LEAST = 2


def answer(payload: Mapping[str, Any]) -> JsonObject:
    """Up to eight themes of two documents or more, above their mean."""
    rising = [row for row in payload["themes"] if row["today"] >= _LEAST and lift(row) > 0][:MAX_KEYWORDS]
    named = ", ".join(f"{row['theme']} ({row['today']}, usually {row['usual']:g})" for row in rising)
    text = f"In the news more than usual: {named}." if rising else payload["interest"]
    return {"text": text[:MAX_TEXT], "keywords": [row["theme"][:MAX_KEYWORD] for row in rising]}
