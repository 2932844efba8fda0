"""The data team: factors, and what a zero-intelligence trader would do on each."""

from __future__ import annotations

from typing import Any

from quantrl.contest.standing import Standing
from quantrl.contest.types import Factor, FactorLine, Rating
from quantrl.typing import JsonObject


def make_factors(s: Standing) -> JsonObject:
    """A factor of every data agent."""
    return {"factors": [], "memory": s.memory}


def apply_factors(s: Standing, payload: Any) -> None:
    """Factors of the day, and what their writers remember."""
    s.memory = payload["memory"]
    s.today.factors = tuple(factor_of(row, s.today.t) for row in payload["factors"])
    s.factors[s.today.t] = s.today.factors


def make_rated(s: Standing) -> JsonObject:
    """Ratings of every factor, made at d(t) and priced when the day has matured."""
    return {"ratings": []}


def apply_rated(s: Standing, payload: Any) -> None:
    """Ratings wait for their prices."""
    s.ratings[s.today.t] = [
        tuple(Rating(line, symbol, rating) for line, symbol, rating in rows) for rows in payload["ratings"]
    ]


def factor_of(row: JsonObject, t: int) -> Factor:
    """A factor as it was journalled."""
    lines = tuple(FactorLine(line["text"], tuple(line["refs"])) for line in row["lines"])
    return Factor(row["agent"], t, lines, row["tokens"])
