"""Plan, then call and observe in turns: all researchers take each turn together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantrl.contest.desk import Desk, Question
from quantrl.contest.llm._call import Answer
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.schema import array, choice, record, text
from quantrl.contest.llm.spend import Spend
from quantrl.contest.research_team.bench import Bench
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.tools import Tool, act_schema
from quantrl.typing import JsonObject


@dataclass
class Inquiry:
    """One researcher's morning, as far as it has come.

    Parameters
    ----------
    agent : str
    belief : str
    rule : mapping
        What rules read in place of the belief.
    bench : Bench

    Attributes
    ----------
    plan : list
        Steps ``{tool, why}``.
    steps : list
        All that was planned and called, for the record.
    done : bool
        No more look-ups.
    failed : str or None
        ``schema``, ``budget`` or ``error``: it ends without signals.
    detail : str
    spent : Spend
    """

    agent: str
    belief: str
    rule: Mapping[str, Any]
    bench: Bench
    plan: list[JsonObject] = field(default_factory=list)
    steps: list[JsonObject] = field(default_factory=list)
    done: bool = False
    failed: str | None = None
    detail: str = ""
    spent: Spend = field(default_factory=Spend)

    def take(self, answer: Answer) -> Any:
        """The answer's value; without one the inquiry ends and None is returned."""
        self.spent += answer.spent
        if not answer.ok:
            self.failed, self.detail = answer.reason, answer.detail
        return answer.parsed

    def observed(self) -> list[JsonObject]:
        """What it has looked up, as it reads it."""
        return [seen.shown() for seen in self.bench.observations]


class Research:
    """The turns of one day, over one context.

    Parameters
    ----------
    day : str
        ISO date of d(t).
    shared : mapping
        What every researcher reads.
    features : mapping
        What rules read beside it.
    symbols : sequence of str
        Allow-list.
    tools : sequence of Tool
    desk : Desk
    limits : ResearchLimits
    """

    def __init__(
        self,
        day: str,
        shared: JsonObject,
        features: Mapping[str, Any],
        symbols: Sequence[str],
        tools: Sequence[Tool],
        desk: Desk,
        limits: ResearchLimits,
    ) -> None:
        self.day, self.shared, self.desk, self.limits = day, shared, desk, limits
        self._features, self._symbols = features, frozenset(symbols)
        self._told = [{"name": tool.name, "does": tool.summary} for tool in tools]
        self._act = act_schema(tools, symbols, limits.note)
        names = [tool.name for tool in tools if tool.name != "final"]
        step = record(tool=choice(names or ["final"]), why=text(limits.note))
        self._plan = record(steps=array(step, limits.plan_steps, least=1))

    def plan(self, inquiries: Sequence[Inquiry]) -> None:
        """What each wants to look up."""
        payload = {"max_steps": self.limits.plan_steps, "note": self.limits.note}
        questions = [
            self.question(
                "plan", one, self._plan, self.limits.plan_tokens, {"tools": self._told}, payload=payload
            )
            for one in inquiries
        ]
        for one, answer in zip(inquiries, self.desk.ask(self.day, questions), strict=True):
            found = one.take(answer)
            if found is not None:
                one.plan = found["steps"]
                one.steps.append({"step": "plan", "steps": found["steps"]})

    def act(self, inquiries: Sequence[Inquiry]) -> None:
        """Rounds of one call each, until all are done or have had as many as they may."""
        for turn in range(self.limits.rounds):
            going = [one for one in inquiries if not one.done and one.failed is None]
            if not going:
                return
            self._round(turn, going)

    def question(
        self,
        task: str,
        one: Inquiry,
        schema: JsonObject,
        max_tokens: int,
        data: Mapping[str, Any],
        *,
        index: int = 0,
        payload: Mapping[str, Any] | None = None,
    ) -> Question:
        """A question that shows the context and the belief beside `data`."""
        return Question(
            task=task,
            agent=one.agent,
            data={**self.shared, "belief": one.belief, **data},
            schema=schema,
            max_tokens=max_tokens,
            index=index,
            payload={"rule": one.rule, "features": self._features, **(payload or {})},
        )

    def ask(
        self,
        inquiries: Sequence[Inquiry],
        questions: Sequence[Question],
        check: Callable[[Request, Any], str | None],
    ) -> list[Any]:
        """Values in the order of the inquiries; None where one has ended."""
        answers = self.desk.ask(self.day, questions, check)
        return [one.take(answer) for one, answer in zip(inquiries, answers, strict=True)]

    def _round(self, turn: int, going: Sequence[Inquiry]) -> None:
        left = self.limits.rounds - turn
        questions = [
            self.question(
                "act",
                one,
                self._act,
                self.limits.act_tokens,
                {"tools": self._told, "plan": one.plan, "steps": one.observed(), "rounds_left": left},
                index=turn,
            )
            for one in going
        ]
        for one, found in zip(going, self.ask(going, questions, self._check), strict=True):
            if found is not None:
                self._call(turn, one, found)

    def _check(self, request: Request, answer: Any) -> str | None:
        symbol = answer["call"].get("symbol")
        if symbol is not None and symbol not in self._symbols:
            return f"$.call.symbol: expected an allowed symbol, got {symbol!r}"
        return None

    def _call(self, turn: int, one: Inquiry, answer: JsonObject) -> None:
        args = dict(answer["call"])
        name = args.pop("tool")
        step: JsonObject = {"step": "call", "round": turn, "thought": answer["thought"], "tool": name}
        if name == "final":
            one.done = True
            one.steps.append(step)
            return
        before = len(one.bench.observations)
        seen = one.bench.call(name, args)
        step |= {"args": args, "id": seen.id, "sha256": seen.sha256, "tokens": seen.tokens}
        if len(one.bench.observations) == before:
            step["repeat"] = True
        else:
            step |= {"output": seen.output, "about": list(seen.about)}
        one.steps.append(step)
