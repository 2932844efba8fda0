"""The data team: factors, and what a zero-intelligence trader would do on each."""

from __future__ import annotations

from typing import Any

from quantrl.contest.data_team.factor import FactorWork, write_factors
from quantrl.contest.data_team.limits import Limits
from quantrl.contest.data_team.preference import NONE
from quantrl.contest.data_team.rate import RateWork, rate
from quantrl.contest.llm.spend import Spend
from quantrl.contest.standing import Standing
from quantrl.contest.steps.spending import spend_json
from quantrl.contest.types import Factor, FactorLine, Rating
from quantrl.typing import JsonObject


def make_factors(s: Standing) -> JsonObject:
    """A factor of every data agent, written at d(t)."""
    world, today = s.world, s.today
    works, memory = write_factors(
        world.roster.data_agents,
        today.t,
        world.clock,
        today.documents,
        world.entities,
        world.desk,
        _limits(s),
        s.memory,
    )
    return {"factors": [_factor_json(work) for work in works], "memory": memory}


def apply_factors(s: Standing, payload: Any) -> None:
    """Factors of the day, and what their writers remember."""
    s.memory = payload["memory"]
    s.today.works = [_work(row, s.today.t) for row in payload["factors"]]
    s.today.factors = tuple(work.factor for work in s.today.works)
    s.factors[s.today.t] = s.today.factors


def make_rated(s: Standing) -> JsonObject:
    """Ratings of every factor, made at d(t) and priced once the day has matured."""
    rated = rate(s.today.works, s.world.entities, s.world.desk, _limits(s))
    return {
        "ratings": [[[r.line, r.symbol, r.rating] for r in work.ratings] for work in rated],
        "works": [_rate_json(work) for work in rated],
    }


def apply_rated(s: Standing, payload: Any) -> None:
    """Ratings wait for their prices."""
    s.ratings[s.today.t] = [tuple(Rating(*row) for row in rows) for rows in payload["ratings"]]


def _limits(s: Standing) -> Limits:
    return Limits(max_doc_share=s.world.mechanism.max_doc_share or 1.0)


def _factor_json(work: FactorWork) -> JsonObject:
    return {
        "agent": work.factor.agent,
        "date": work.date,
        "lines": [{"text": line.text, "refs": list(line.refs)} for line in work.factor.lines],
        "tokens": work.factor.tokens,
        "preference": work.preference.as_data(),
        "documents": work.documents,
        "kept": list(work.kept),
        "hints": [list(hint) for hint in work.hints],
        "dropped": work.dropped,
        "cut": work.cut,
        "unread": work.unread,
        "flagged": {ref: list(kinds) for ref, kinds in work.flagged.items()},
        "fallback": work.fallback,
        "abstained": work.abstained,
        "spent": spend_json(work.spent),
    }


def _work(row: JsonObject, t: int) -> FactorWork:
    """What rating needs of a factor's work, as it was journalled."""
    lines = tuple(FactorLine(line["text"], tuple(line["refs"])) for line in row["lines"])
    return FactorWork(
        factor=Factor(row["agent"], t, lines, row["tokens"]),
        date=row["date"],
        preference=NONE,
        documents=row["documents"],
        kept=tuple(row["kept"]),
        hints=tuple(tuple(hint) for hint in row["hints"]),
        dropped=row["dropped"],
        cut=row["cut"],
        unread=row["unread"],
        flagged={ref: tuple(kinds) for ref, kinds in row["flagged"].items()},
        fallback=row["fallback"],
        abstained=row["abstained"],
        spent=Spend(),
    )


def _rate_json(work: RateWork) -> JsonObject:
    return {
        "dropped": work.dropped,
        "capped": work.capped,
        "fallback": work.fallback,
        "abstained": work.abstained,
        "spent": spend_json(work.spent),
    }
