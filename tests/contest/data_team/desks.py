"""Small newsrooms and desks for tests of the Data Team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from contest.llm.questions import no_wait
from quantrl.contest.analysts.rules import Rules
from quantrl.contest.clock import Clock
from quantrl.contest.desk import Desk, Model
from quantrl.contest.documents.clean import Record
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities
from quantrl.contest.llm.budget import Budgets
from quantrl.contest.llm.protocol import LLM, Completion, Request
from quantrl.contest.llm.scripted import Script, Scripted
from quantrl.contest.llm.waves import Waves
from quantrl.units import NS_PER_DAY, NS_PER_SECOND

ENTITIES = Entities(["AAA", "BBB", "CCC"], {"AAA": ["Alpha Works"], "BBB": ["Beta Mills"]})
DAY0 = 1_900_000_000 // 86_400 * NS_PER_DAY


def clock(days: int = 40) -> Clock:
    opens = DAY0 + np.arange(days) * NS_PER_DAY + 10 * 3600 * NS_PER_SECOND
    return Clock(opens, opens + NS_PER_SECOND, 1800 * NS_PER_SECOND)


def newsroom(texts: Sequence[tuple[str, str]], *, day: int = 1, source: str = "wire") -> DocumentStore:
    """Documents a second apart in the morning of a day."""
    start = DAY0 + day * NS_PER_DAY
    records = [Record(i, start + i * NS_PER_SECOND, title, text) for i, (title, text) in enumerate(texts)]
    return DocumentStore.from_records(records, source, entities=ENTITIES)


class Listening(Rules):
    """The rules, and what they were asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    async def complete(self, req: Request) -> Completion:
        self.asked.append(req)
        return await super().complete(req)


OPEN: list[Waves] = []
"""Closed after each test."""


def desk_of(llms: Mapping[str, LLM], budgets: Budgets | None = None, model: Model = Model()) -> Desk:  # noqa: B008
    OPEN.append(Waves(llms, budgets=budgets, sleep=no_wait))
    return Desk(OPEN[-1], default=model)


def rules_desk() -> tuple[Desk, list[Request]]:
    rules = Listening()
    return desk_of({"rules": rules}), rules.asked


def scripted_desk(script: Script, budgets: Budgets | None = None, **model: Any) -> tuple[Desk, list[Request]]:
    """A desk whose every agent is answered by the script."""
    double = Scripted(script)
    return desk_of({"double": double}, budgets, Model("double", "double", **model)), double.asked
