"""Every judge reads every card: alone, or all of a day at once in an order of the judge's own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from quantrl.contest.desk import Desk, Question
from quantrl.contest.judges.card import Card
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.schema import array, choice, record, whole
from quantrl.contest.llm.spend import Spend
from quantrl.errors import ConfigError
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray, JsonObject

RUBRICS = ("logic", "evidence", "risk", "data_use", "opportunity")
Mode = Literal["pointwise", "listwise", "listwise_past"]
MODES: tuple[Mode, ...] = get_args(Mode)
JUDGES = 5
_STREAM = 2510
_REPLY_TOKENS, _CARD_TOKENS = 120, 80


@dataclass(frozen=True)
class Missing:
    """A card that a judge gave no scores for, and why."""

    judge: str
    card: int
    reason: str
    detail: str


@dataclass(frozen=True, eq=False)
class Judgement:
    """What J judges say of A agents on one day.

    Attributes
    ----------
    scores : (A, J, 5) float64
        0..100 for each of `RUBRICS`; NaN without text, or where a judge gave no answer.
    position : (A, J) int64
        Place of the card among those the judge read together, from 0; -1 = not read.
    length : (A,) int64
        Characters of each card's text; 0 without.
    missing : tuple of Missing
    spent : Spend
    """

    scores: FloatArray
    position: IntArray
    length: IntArray
    missing: tuple[Missing, ...]
    spent: Spend

    @property
    def by_judge(self) -> FloatArray:
        """(A, J) mean over the rubrics: what predictors read."""
        mean: FloatArray = self.scores.mean(axis=2)
        return mean

    def rows(self, day: int, agents: Sequence[str], judges: Sequence[str]) -> list[JsonObject]:
        """One row a score that was given, for ``judgements.parquet``."""
        return [
            {
                "day": day,
                "agent": agents[i],
                "judge": judges[j],
                "rubric": rubric,
                "score": float(self.scores[i, j, k]),
                "position": int(self.position[i, j]),
                "length": int(self.length[i]),
            }
            for i, j in np.argwhere(~np.isnan(self.scores[..., 0])).tolist()
            for k, rubric in enumerate(RUBRICS)
        ]


@dataclass(frozen=True)
class _Reading:
    """The cards one question is about, in the order they are shown."""

    judge: int
    cards: tuple[int, ...]


def judge(
    cards: Sequence[Card | None],
    judges: Sequence[str],
    mode: Mode,
    desk: Desk,
    day: str,
    seed: int,
    *,
    number: int = 0,
) -> Judgement:
    """Ask all judges for integer scores by five rubrics.

    Parameters
    ----------
    cards : sequence of Card or None
        One an agent; None, or a card without signals, is an entrant without text.
    judges : sequence of str
        Their names at the desk, which may give each a model of its own. Each has a `sample` of its own, so that equal
        questions to one model are not one answer counted five times.
    mode : {'pointwise', 'listwise', 'listwise_past'}
        Each card alone; all cards at once, in a seeded order for each judge; the same with past returns shown.
    desk : Desk
    day : str
        ISO date of d(t).
    seed : int
    number : int
        Index t of the day: another order each day.

    Raises
    ------
    ConfigError
        Another mode, no judges, or two of one name.
    LLMError, BudgetExceeded, ReplayMiss
        As `Desk.ask`.
    """
    if mode not in MODES:
        raise ConfigError(f"judges: expected a mode of {', '.join(MODES)}, got {mode!r}")
    if not judges or len(set(judges)) < len(judges):
        raise ConfigError(f"judges: expected distinct names, at least one, got {list(judges)}")
    texts = {i: card for i, card in enumerate(cards) if card is not None and card.signals}
    readings = _readings(list(texts), len(judges), mode, seed, number)
    questions = [_question(reading, texts, judges, mode, desk) for reading in readings]
    answers = desk.ask(day, questions, None if mode == "pointwise" else _each_once)

    scores = np.full((len(cards), len(judges), len(RUBRICS)), np.nan)
    position = np.full((len(cards), len(judges)), -1, dtype=np.int64)
    missing: list[Missing] = []
    spent = Spend()
    for reading, answer in zip(readings, answers, strict=True):
        spent += answer.spent
        given = _scores_of(answer.parsed, len(reading.cards), mode) if answer.ok else None
        for place, card in enumerate(reading.cards):
            position[card, reading.judge] = place
            if given is None:
                missing.append(Missing(judges[reading.judge], card, str(answer.reason), answer.detail))
            else:
                scores[card, reading.judge] = given[place]
    length = np.array([texts[i].length if i in texts else 0 for i in range(len(cards))], dtype=np.int64)
    return Judgement(scores, position, length, tuple(missing), spent)


def judge_names(count: int = JUDGES) -> tuple[str, ...]:
    """``judge-1`` and so on."""
    return tuple(f"judge-{i}" for i in range(1, count + 1))


def _readings(cards: list[int], judges: int, mode: Mode, seed: int, number: int) -> list[_Reading]:
    if not cards:
        return []
    if mode == "pointwise":
        return [_Reading(j, (card,)) for j in range(judges) for card in cards]
    orders = (
        generator(seed, _STREAM, "agent", draw=number, episode=j).permutation(len(cards)).tolist()
        for j in range(judges)
    )
    return [_Reading(j, tuple(cards[place] for place in order)) for j, order in enumerate(orders)]


def _question(
    reading: _Reading, texts: Mapping[int, Card], judges: Sequence[str], mode: Mode, desk: Desk
) -> Question:
    name = judges[reading.judge]
    limit = desk.model_of(name).limit
    scores = {rubric: whole(0, 100) for rubric in RUBRICS}
    if mode == "pointwise":
        (card,) = reading.cards
        data: JsonObject = {"card": texts[card].shown(limit=limit)}
        full: JsonObject = {"card": texts[card].shown()}
        schema, tokens, index = record(**scores), _REPLY_TOKENS, card
    else:
        ids, past = _ids(len(reading.cards)), mode == "listwise_past"
        shown = zip(ids, (texts[card] for card in reading.cards), strict=True)
        pairs = [
            ({"id": at, **card.shown(past=past, limit=limit)}, {"id": at, **card.shown(past=past)})
            for at, card in shown
        ]
        data, full = ({"cards": list(part)} for part in zip(*pairs, strict=True))
        one = record(card=choice(ids), **scores)
        schema = record(cards=array(one, len(ids), least=len(ids)))
        tokens, index = _CARD_TOKENS * len(ids) + _REPLY_TOKENS, 0
    return Question(
        task="judge",
        agent=name,
        data=data,
        schema=schema,
        max_tokens=tokens,
        index=index,
        sample=reading.judge,
        payload=full,
    )


def _ids(count: int) -> list[str]:
    return [f"c{i:02d}" for i in range(1, count + 1)]


def _each_once(_: Request, parsed: Any) -> str | None:
    """What the schema cannot say: every card has one entry."""
    named = [entry["card"] for entry in parsed["cards"]]
    missing = [at for at in _ids(len(named)) if at not in named]
    return f"$.cards: expected one entry for each card, none for {', '.join(missing)}" if missing else None


def _scores_of(parsed: Any, count: int, mode: Mode) -> list[list[float]]:
    """Scores in the order in which the cards were shown."""
    entries = [parsed] if mode == "pointwise" else sorted(parsed["cards"], key=lambda entry: entry["card"])
    found = [[float(entry[rubric]) for rubric in RUBRICS] for entry in entries]
    return found if len(found) == count else [[math.nan] * len(RUBRICS)] * count
