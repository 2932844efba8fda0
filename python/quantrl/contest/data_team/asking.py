"""Questions of one step, put for all agents together; where a model has no usable answer, the rules have one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from quantrl.contest.analysts import rules
from quantrl.contest.desk import Desk, Question
from quantrl.contest.llm.spend import Spend


@dataclass
class Tally:
    """What asking has cost an agent so far.

    Attributes
    ----------
    fallback : int
        Questions that the rules answered in place of a model.
    spent : Spend
    abstained : str or None
        Why the agent gives nothing that day.
    """

    fallback: int = 0
    spent: Spend = field(default_factory=Spend)
    abstained: str | None = None


def put(desk: Desk, day: str, asked: Sequence[tuple[Tally, Question]]) -> list[Any]:
    """Answers in order; None for an agent that has to abstain.

    A reply that fits no schema even when asked again is replaced by the rules' and counted. A question that was not put,
    for want of budget, or found no server, is not: its agent abstains.
    """
    found: list[Any] = []
    answers = desk.ask(day, [question for _, question in asked]) if asked else []
    for (tally, question), answer in zip(asked, answers, strict=True):
        tally.spent += answer.spent
        if answer.reason is None:
            found.append(answer.parsed)
        elif answer.reason == "schema":
            tally.fallback += 1
            found.append(rules.answer(question.task, question.facts))
        else:
            tally.abstained = tally.abstained or answer.reason
            found.append(None)
    return found
