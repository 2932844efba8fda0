"""What the judges say of today's signals."""

from __future__ import annotations

from typing import Any

from quantrl.contest._plain import floats
from quantrl.contest.presets import JudgesConfig
from quantrl.contest.standing import Standing
from quantrl.typing import JsonObject


def make_judged(s: Standing) -> JsonObject:
    """Scores of every card by every judge."""
    count = (s.world.mechanism.judges or JudgesConfig()).count
    nobody = [[None] * count for _ in s.world.roster.labels]
    return {"by_judge": nobody, "rows": [], "missing": []}


def apply_judged(s: Standing, payload: Any) -> None:
    """The mean of each judge over the rubrics joins those of the days before."""
    shape = (len(s.world.roster.labels), (s.world.mechanism.judges or JudgesConfig()).count)
    s.judged.append(floats(payload["by_judge"], shape))
