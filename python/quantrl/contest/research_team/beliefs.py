"""What a researcher holds to be true of prices: a text a model reads, and parameters for the rules."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from quantrl.contest.analysts.rules._belief import Rule
from quantrl.contest.desk import Desk, Question
from quantrl.contest.documents.clean import clean_text
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.schema import array, record, text
from quantrl.contest.tools._bars import MEASURES
from quantrl.errors import ConfigError, LLMError
from quantrl.typing import JsonObject

MAX_BELIEF = 400
MAX_GENERATED = 20
PREFIX = "contest/researcher:"
_NAME = "^[a-z][a-z0-9_]{2,23}$"
_TOKENS = 260


@dataclass(frozen=True)
class Belief:
    """One way to think about stocks.

    Parameters
    ----------
    name : str
    text : str
        At most 400 characters.
    rule : mapping
        Parameters of `quantrl.contest.analysts.rules._belief.Rule`; what rules do in its place.

    Raises
    ------
    ConfigError
        An empty or longer text, or an unknown parameter.
    """

    name: str
    text: str
    rule: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 < len(self.text) <= MAX_BELIEF:
            raise ConfigError(
                f"belief {self.name!r}: expected a text of 1 to {MAX_BELIEF} characters, got {len(self.text)}"
            )
        Rule.of(self.rule)


@cache
def beliefs() -> dict[str, Belief]:
    """The six bundled beliefs by name."""
    raw = tomllib.loads((files("quantrl.contest.analysts") / "beliefs.toml").read_text(encoding="utf-8"))
    return {name: Belief(name, each["text"], each["rule"]) for name, each in raw.items()}


def belief(name: str) -> Belief:
    """A bundled belief.

    Raises
    ------
    ConfigError
        Unknown name.
    """
    known = beliefs()
    if name not in known:
        raise ConfigError(f"belief: unknown {name!r}; choose one of: {', '.join(known)}")
    return known[name]


def generate_beliefs(
    desk: Desk, day: str, n: int, *, agent: str = "beliefs", taken: Sequence[str] = ()
) -> tuple[Belief, ...]:
    """Beliefs a model writes once; keep them, for their text is part of the id of whoever holds it.

    Parameters
    ----------
    desk : Desk
    day : str
        ISO date under which the call is recorded.
    n : int
        1 to 20.
    agent : str
        Whose model is asked.
    taken : sequence of str
        Texts or names the new ones must differ from.

    Raises
    ------
    ConfigError
        `n` out of range.
    LLMError
        No answer that fits.
    """
    if not 1 <= n <= MAX_GENERATED:
        raise ConfigError(f"beliefs: expected 1 to {MAX_GENERATED}, got {n}")
    question = Question(
        task="beliefs",
        agent=agent,
        data={"count": n, "taken": list(taken)},
        schema=_schema(n),
        max_tokens=_TOKENS * n,
    )
    answer = desk.ask(day, [question], _check)[0]
    if not answer.ok:
        raise LLMError(f"beliefs: no answer ({answer.reason}): {answer.detail}")
    return tuple(_belief(each) for each in answer.parsed["beliefs"])


def agent_id(held: Belief) -> str:
    """``contest/researcher:<name>``; eight digits over the text follow where it is not the bundled one."""
    known = beliefs().get(held.name)
    if known == held:
        return PREFIX + held.name
    return f"{PREFIX}{held.name}.{hashlib.sha256(held.text.encode()).hexdigest()[:8]}"


def _schema(n: int) -> JsonObject:
    share = {"type": "number", "minimum": -1, "maximum": 1}
    name = {"type": "string", "pattern": _NAME, "maxLength": 24}
    weights = record(text=share, **dict.fromkeys(MEASURES, share))
    one = record(name=name, text=text(MAX_BELIEF, least=20), weights=weights)
    return record(beliefs=array(one, n, least=n))


def _check(request: Request, answer: Any) -> str | None:
    names = [each["name"] for each in answer["beliefs"]]
    taken = {*request.payload["taken"]}
    twice = next((name for i, name in enumerate(names) if name in names[:i] or name in taken), None)
    if twice is not None:
        return f"$.beliefs: the name {twice!r} is taken"
    empty = next((each["name"] for each in answer["beliefs"] if not clean_text(each["text"])), None)
    return None if empty is None else f"$.beliefs: the text of {empty!r} is empty"


def _belief(each: JsonObject) -> Belief:
    written = " ".join(clean_text(each["text"]).split())[:MAX_BELIEF]
    return Belief(each["name"], written, {"weights": dict(each["weights"])})
