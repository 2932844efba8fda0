"""Where the teams of a contest put their questions: one model for each agent, one seed, one way out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from quantrl.contest.analysts import instructions
from quantrl.contest.analysts.rules import answer
from quantrl.contest.llm._call import Answer
from quantrl.contest.llm.fitting import fitted
from quantrl.contest.llm.messages import Quoted, render
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.spend import Spend
from quantrl.contest.llm.waves import Check, Waves
from quantrl.typing import JsonObject


@dataclass(frozen=True)
class Model:
    """Which model answers for an agent.

    Parameters
    ----------
    provider : str
        Key of `Waves.llms`.
    model : str
    format : {'native', 'prompted', 'tool'}
        How a reply is asked for.
    temperature : float
    limit : int, optional
        Characters kept of each quoted document; for models of little context.
    max_tokens : int, optional
        Of any reply, where the model can write no more; its schemas are made to fit.
    """

    provider: str = "rules"
    model: str = "rules"
    format: str = "native"
    temperature: float = 0.0
    limit: int | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, kw_only=True)
class Question:
    """One task for one agent on one day.

    Parameters
    ----------
    task : str
        One of `llm.protocol.TASKS`; its instructions are ``analysts/prompts/<task>.md``.
    agent : str
    index, sample : int
        Which of several questions of a task, and which of several answers to the same one.
    data : mapping
        Plain JSON the model reads beside the documents.
    quoted : Quoted, optional
        Documents under ids local to this question.
    schema : JSON schema
        Of the answer.
    max_tokens : int
        Of the answer.
    payload : mapping
        What rules need beyond `data` and the documents, and a model is not shown.
    temperature : float, optional
        In place of the model's.
    """

    task: str
    agent: str
    data: Mapping[str, Any]
    schema: JsonObject
    max_tokens: int
    index: int = 0
    sample: int = 0
    quoted: Quoted | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)
    temperature: float | None = None

    @property
    def facts(self) -> JsonObject:
        """All that rules answer from: data, documents and payload."""
        documents = {"documents": list(self.quoted.items)} if self.quoted else {}
        return {**self.data, **documents, **self.payload}


class Desk:
    """Turns questions into requests and sends them.

    Parameters
    ----------
    waves : Waves
    models : mapping of agent to Model
        Agents not named use `default`.
    default : Model
    seed : int
    """

    def __init__(
        self,
        waves: Waves,
        models: Mapping[str, Model] | None = None,
        *,
        default: Model = Model(),
        seed: int = 0,
    ) -> None:
        self.waves, self.seed = waves, seed
        self._models, self._default = dict(models or {}), default

    def model_of(self, agent: str) -> Model:
        """Which model answers for this agent."""
        return self._models.get(agent, self._default)

    def ask(self, day: str, questions: Sequence[Question], check: Check | None = None) -> list[Answer]:
        """Answers in the order of `questions`; those without one say why.

        Parameters
        ----------
        day : str
            ISO date of d(t).
        questions : sequence of Question
        check : callable, optional
            As for `Waves.ask`.

        Raises
        ------
        LLMError, BudgetExceeded, ReplayMiss, ConfigError
            As `Waves.ask` does.
        """
        return self.waves.ask([self._request(day, one) for one in questions], check)

    def _request(self, day: str, one: Question) -> Request:
        model = self.model_of(one.agent)
        tokens = min(one.max_tokens, model.max_tokens or one.max_tokens)
        return Request(
            task=one.task,
            payload=one.facts,
            messages=render(instructions(one.task), one.data, one.quoted),
            schema=one.schema if model.max_tokens is None else fitted(one.schema, tokens),
            provider=model.provider,
            model=model.model,
            temperature=model.temperature if one.temperature is None else one.temperature,
            seed=self.seed,
            max_tokens=tokens,
            sample=one.sample,
            tags={"agent": one.agent, "day": day, "index": one.index},
            format=model.format,
        )


class RulesDesk(Desk):
    """A desk at which the rules alone sit: they answer at once, in this thread, for nothing, and leave no record."""

    def __init__(self) -> None:
        super().__init__(Waves({}))

    def ask(self, day: str, questions: Sequence[Question], check: Check | None = None) -> list[Answer]:
        """What the rules say to each question; their answers need no check."""
        return [Answer(answer(one.task, one.facts), None, "", None, Spend()) for one in questions]
