"""One question on its way to an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from quantrl.contest.llm.entry import KnownCut, Question, Try
from quantrl.contest.llm.prices import Price
from quantrl.contest.llm.protocol import Completion, Request
from quantrl.contest.llm.spend import Spend
from quantrl.errors import ContestError
from quantrl.typing import JsonObject

REASKS = 2
Reason = Literal["schema", "budget", "error"]


@dataclass(frozen=True)
class Answer:
    """What came of a request.

    Attributes
    ----------
    parsed : JSON value or None
        Fits the schema, and the caller's check; None where the agent abstains.
    reason : {"schema", "budget", "error"} or None
        Why it abstains.
    detail : str
        More about the reason.
    completion : Completion or None
        The reply taken.
    spent : Spend
        All tries and repeated questions together.
    """

    parsed: Any
    reason: Reason | None
    detail: str
    completion: Completion | None
    spent: Spend

    @property
    def ok(self) -> bool:
        """Whether there is an answer."""
        return self.reason is None


@dataclass
class Call:
    """A request, the tries made so far, and the answer once it is known."""

    position: int
    request: Request
    price: Price | None
    tries: list[Try] = field(default_factory=list)
    cut: KnownCut | None = None
    reasks: int = 0
    want: Spend = field(default_factory=Spend)
    total: Spend = field(default_factory=Spend)
    answer: Answer | None = None
    live: bool = False

    @cached_property
    def question(self) -> Question:
        """The request with its key."""
        return Question(self.request)

    @property
    def key(self) -> str:
        """Key of the request."""
        return self.question.key

    @property
    def owner(self) -> tuple[str, str]:
        """Day and agent."""
        return (self.request.day, self.request.agent)

    @property
    def answered(self) -> Answer:
        """The answer, which is known by now."""
        if self.answer is None:
            raise ContestError(f"{self.request.task} by {self.request.agent!r}: left without an answer")
        return self.answer

    def charge(self, used: Spend) -> None:
        """Count a try."""
        self.total += used

    def ask_again(self, request: Request) -> None:
        """Go on with the question put anew."""
        self.request, self.reasks, self.tries = request, self.reasks + 1, []
        self.live = False
        del self.question

    def take(self, parsed: Any, completion: Completion) -> None:
        """An answer."""
        self.answer = Answer(parsed, None, "", completion, self.total)

    def abstain(self, reason: Reason, detail: str) -> None:
        """No answer."""
        self.answer = Answer(None, reason, detail, None, self.total)


def line_of(call: Call, completion: Completion, problem: str | None) -> JsonObject:
    """What ``calls.jsonl`` holds of a reply."""
    day, agent, task, index, sample = call.request.place
    usage = completion.usage
    return {
        "day": day,
        "agent": agent,
        "task": task,
        "index": index,
        "sample": sample,
        "reask": call.reasks,
        "key": call.key,
        "hit": not call.live,
        "tries": len(call.tries) + 1,
        "provider": call.request.provider,
        "model": call.request.model,
        "model_reported": completion.model_reported,
        "kind": completion.kind,
        "finish": completion.finish,
        "input_tokens": usage.input_tokens if usage else None,
        "output_tokens": usage.output_tokens if usage else None,
        "usd": completion.usd,
        "problem": problem,
    }
