"""What is asked of a language model, what comes back, and who answers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol

from quantrl.contest.llm.form import Form, form_of
from quantrl.errors import ConfigError, LLMError
from quantrl.runs import canonical_json
from quantrl.typing import JsonObject

TASKS = (
    "preference",
    "filter",
    "summarise",
    "merge",
    "ground_rate",
    "plan",
    "act",
    "signal",
    "judge",
    "beliefs",
)
FORMATS = ("native", "prompted", "tool")
MAX_TOKENS = 32_768

Kind = Literal["llm", "local", "rules", "scripted", "replay"]
Role = Literal["system", "user", "assistant"]
Place = tuple[str, str, str, int, int]


@dataclass(frozen=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True)
class Usage:
    """Tokens a server says it read and wrote."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, kw_only=True)
class Request:
    """One task for one agent.

    Parameters
    ----------
    task : str
        One of `TASKS`.
    payload : mapping
        Plain JSON: what an analyst made of rules answers from.
    messages : tuple of Message
        What a model reads; instructions stand in the system message alone.
    schema : JSON schema
        Of the reply; `schema.checked` says which schemas are bounded.
    provider, model : str
    temperature : float in [0, 2]
    seed : int
    max_tokens : int in [1, 32768]
        Of the reply.
    sample : int
        Tells apart answers to the same question: without it five equal questions have one answer.
    tags : mapping
        ``agent``, ``day``, ``index``: where the answer belongs. Never part of the key.
    format : str
        How the reply is asked for: ``native`` JSON schema, ``prompted``, or as the arguments of a ``tool``.

    Raises
    ------
    ConfigError
        A field out of range.
    """

    task: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    messages: tuple[Message, ...]
    schema: JsonObject
    provider: str
    model: str
    temperature: float = 0.0
    seed: int
    max_tokens: int
    sample: int = 0
    tags: Mapping[str, str | int] = field(default_factory=dict)
    format: str = "native"

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise ConfigError(f"task: unknown {self.task!r}; choose one of: {', '.join(TASKS)}")
        if self.format not in FORMATS:
            raise ConfigError(f"format: unknown {self.format!r}; choose one of: {', '.join(FORMATS)}")
        if not self.messages or self.messages[0].role != "system":
            raise ConfigError(f"messages: expected a system message first, got {len(self.messages)} messages")
        if not (math.isfinite(self.temperature) and 0 <= self.temperature <= 2):
            raise ConfigError(f"temperature: expected 0 to 2, got {self.temperature}")
        if not 1 <= self.max_tokens <= MAX_TOKENS:
            raise ConfigError(f"max_tokens: expected 1 to {MAX_TOKENS}, got {self.max_tokens}")

    @cached_property
    def agent(self) -> str:
        """Who asks."""
        return str(self.tags.get("agent", ""))

    @cached_property
    def day(self) -> str:
        """For which day."""
        return str(self.tags.get("day", ""))

    @cached_property
    def schema_text(self) -> str:
        """Canonical JSON of the schema."""
        return canonical_json(self.schema)

    @property
    def form(self) -> Form:
        """The schema, ready to read replies by.

        Raises
        ------
        ConfigError
            As for `schema.checked`.
        """
        return form_of(self.schema_text)

    @cached_property
    def place(self) -> Place:
        """Day, agent, task, index and sample: where in a run this question stands."""
        return (self.day, self.agent, self.task, int(self.tags.get("index", 0)), self.sample)


@dataclass(frozen=True)
class Completion:
    """One reply.

    Attributes
    ----------
    text : str
        As it came; an empty text where the model refused.
    parsed : JSON value or None
        The text read by the schema of its request; None where it does not fit.
    usage : Usage or None
        None where the server reports none.
    usd : float or None
        None where no price is known.
    finish : str
        ``stop``, ``length``, ``content_filter`` or the server's own word.
    kind : str
        Of whoever answered in the first place; a replayed reply keeps it, so that records and replays are alike.
    model_reported : str
        The model the server says it used, which may not be the one that was asked for.
    """

    text: str
    parsed: Any
    usage: Usage | None
    usd: float | None
    finish: str
    kind: Kind
    model_reported: str


class LLM(Protocol):
    """Whoever answers requests. `complete` makes one try and keeps nothing between calls."""

    @property
    def name(self) -> str:
        """As a report shows it."""

    @property
    def kind(self) -> Kind:
        """What sort of analyst this is, for the banner."""

    async def complete(self, req: Request) -> Completion:
        """Answer one request.

        Raises
        ------
        Transient
            Another try may help.
        LLMError
            None will.
        """


class Transient(LLMError):  # noqa: N818 - a state of the server, not of a value
    """A try that failed and may be repeated.

    Parameters
    ----------
    message : str
    reason : str
        ``429``, ``503``, ``timeout``, ``connection``, ``unreadable``.
    retry_after : float, optional
        Seconds the server asks to wait.
    spends : bool
        The server may have worked, and billed, before it failed: the reservation counts as spent.
    """

    def __init__(
        self, message: str, *, reason: str, retry_after: float | None = None, spends: bool = False
    ) -> None:
        super().__init__(message)
        self.reason, self.retry_after, self.spends = reason, retry_after, spends
