"""Ratings of the symbols that factors name, made on the day of the factors and never again.

Priced later they are what the zero-intelligence trader of eq. 5 of arXiv 2508.00554 would have held: see
`quantrl.contest.zi`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quantrl.contest.data_team.asking import Tally, put
from quantrl.contest.data_team.factor import FactorWork
from quantrl.contest.data_team.limits import DEFAULT, MAX_SYMBOLS, Limits
from quantrl.contest.data_team.share import cap_share
from quantrl.contest.desk import Desk, Question
from quantrl.contest.entities import Entities
from quantrl.contest.llm.messages import local_ids
from quantrl.contest.llm.schema import MAX_ENUM, array, choice, record, whole
from quantrl.contest.llm.spend import Spend
from quantrl.contest.types import Rating
from quantrl.errors import ContestError
from quantrl.typing import JsonObject

_MAX_TOKENS = 2_048


@dataclass(frozen=True)
class RateWork:
    """The ratings of one factor and how they came about.

    Parameters
    ----------
    ratings : tuple of Rating
        By line; none where the agent abstains.
    dropped : int
        Ratings of an unknown line or symbol, given twice, or past three a line.
    capped : int
        Ratings taken out so that no document holds too much of the mass.
    fallback : int
    abstained : str or None
        That of the factor, ``budget`` or ``error``.
    spent : Spend
    """

    ratings: tuple[Rating, ...]
    dropped: int
    capped: int
    fallback: int
    abstained: str | None
    spent: Spend


def rate(
    works: Sequence[FactorWork], entities: Entities, desk: Desk, limits: Limits = DEFAULT
) -> list[RateWork]:
    """The ratings of factors of one day, in their order; asked under the date the factors bear.

    Raises
    ------
    ContestError
        Factors of two days.
    LLMError, BudgetExceeded, ReplayMiss
        As `Desk.ask` does.
    """
    days = sorted({work.date for work in works})
    if len(days) > 1:
        raise ContestError(f"rate: expected factors of one day, got {', '.join(days)}")
    tallies = [Tally(abstained=work.abstained) for work in works]
    asked = [
        (i, start, _question(work, start, entities, limits))
        for i, work in enumerate(works)
        if work.abstained is None and entities.symbols
        for start in range(0, len(work.factor.lines), limits.rate_lines)
    ]
    answers = put(desk, days[0], [(tallies[i], question) for i, _, question in asked]) if asked else []
    given: list[list[Rating]] = [[] for _ in works]
    dropped = Counter[int]()
    for (i, start, question), answer in zip(asked, answers, strict=True):
        if answer is not None:
            ratings, lost = _read(answer, start, question.data["lines"], entities)
            given[i] += ratings
            dropped[i] += lost
    return [
        _work(work, tally, ratings, dropped[i], limits)
        for i, (work, tally, ratings) in enumerate(zip(works, tallies, given, strict=True))
    ]


def _question(work: FactorWork, start: int, entities: Entities, limits: Limits) -> Question:
    lines = work.factor.lines[start : start + limits.rate_lines]
    ids = local_ids([line.text for line in lines], "l")
    hints = work.hints[start : start + limits.rate_lines]
    few = len(entities.symbols) <= MAX_ENUM
    names = {symbol: list(entities.aliases[symbol]) for symbol in entities.symbols} if few else {}
    return Question(
        task="ground_rate",
        agent=work.factor.agent,
        index=start // limits.rate_lines,
        data={
            "lines": [{"id": local, "text": line.text} for local, line in zip(ids, lines, strict=True)],
            "names": names,
        },
        payload={"hints": {local: list(hint) for local, hint in zip(ids, hints, strict=True)}},
        schema=_schema(tuple(ids), entities.symbols),
        max_tokens=_MAX_TOKENS,
        temperature=0.0,
    )


@lru_cache(maxsize=256)
def _schema(ids: tuple[str, ...], symbols: tuple[str, ...]) -> JsonObject:
    one = record(line=choice(ids), symbol=choice(symbols), rating=whole(-2, 2))
    return record(ratings=array(one, MAX_SYMBOLS * len(ids)))


def _read(
    answer: Any, start: int, lines: Sequence[JsonObject], entities: Entities
) -> tuple[list[Rating], int]:
    place = {line["id"]: start + i for i, line in enumerate(lines)}
    found: dict[tuple[int, str], Rating] = {}
    often = Counter[int]()
    for item in answer["ratings"]:
        line, symbol = place.get(item["line"]), item["symbol"]
        if line is None or symbol not in entities or (line, symbol) in found or often[line] == MAX_SYMBOLS:
            continue
        often[line] += 1
        found[line, symbol] = Rating(line, symbol, item["rating"])
    return list(found.values()), len(answer["ratings"]) - len(found)


def _work(work: FactorWork, tally: Tally, ratings: list[Rating], dropped: int, limits: Limits) -> RateWork:
    if tally.abstained is not None:
        return RateWork((), dropped, 0, tally.fallback, tally.abstained, tally.spent)
    ordered = sorted(ratings, key=lambda rating: rating.line)
    kept, capped = cap_share(ordered, work.factor.lines, limits.max_doc_share)
    return RateWork(kept, dropped, capped, tally.fallback, None, tally.spent)
