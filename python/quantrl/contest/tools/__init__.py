"""What a researcher can look things up with: one file a tool, read-only, without a clock, and bound to one view."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from quantrl import registry
from quantrl.contest.entities import Entities
from quantrl.contest.fundamentals import FundamentalsView
from quantrl.contest.llm.schema import record, text
from quantrl.contest.own_record import OwnRecord
from quantrl.contest.types import Document
from quantrl.contest.view import ContestView
from quantrl.errors import ConfigError, LookAheadError
from quantrl.typing import JsonObject

PACKAGE = "quantrl.contest.tools"
DEFAULT = (
    "price_stats",
    "doc_search",
    "screen",
    "market_stats",
    "factor_lines",
    "fundamentals",
    "own_record",
    "final",
)


@dataclass(frozen=True)
class LineShown:
    """A line of a chosen factor under the id it has in this day's questions, and the symbols it is about."""

    id: str
    text: str
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Scope:
    """All that tools can reach: one moment, and nothing after it.

    Parameters
    ----------
    view : ContestView
    universe : Entities
        Symbols that may be asked for.
    own : OwnRecord
        Of the agent that asks.
    lines : tuple of LineShown
        Of the chosen factors.
    fundamentals : FundamentalsView, optional
        None where a run has none.

    Raises
    ------
    LookAheadError
        A record or figures of a later time than the view.
    """

    view: ContestView
    universe: Entities
    own: OwnRecord = field(default_factory=OwnRecord)
    lines: tuple[LineShown, ...] = ()
    fundamentals: FundamentalsView | None = None

    def __post_init__(self) -> None:
        self.own.check(self.view.now)
        if self.fundamentals is not None and self.fundamentals.now > self.view.now:
            raise LookAheadError(f"fundamentals of {self.fundamentals.now} are shown at {self.view.now}")


@dataclass(frozen=True)
class Row:
    """One entry of a result, which can be left out where the result is too long.

    Parameters
    ----------
    value : JSON object or array
    symbols : tuple of str
        What it is about.
    document : Document, optional
        The one it shows; it can then be cited by itself.
    """

    value: Any
    symbols: tuple[str, ...] = ()
    document: Document | None = None


@dataclass(frozen=True)
class Found:
    """What a tool found.

    Parameters
    ----------
    facts : JSON object
        Always kept.
    rows : tuple of Row
        Most important first; the last are left out first.
    symbols : tuple of str
        What the facts are about.
    """

    facts: JsonObject
    rows: tuple[Row, ...] = ()
    symbols: tuple[str, ...] = ()


def no_arguments(symbols: Sequence[str]) -> JsonObject:
    """Properties of a call without arguments."""
    return {}


@dataclass(frozen=True)
class Tool:
    """How the registry lists a tool.

    Parameters
    ----------
    name : str
    summary : str
        What a researcher is told about it.
    run : callable
        From arguments that fit and a scope to what it found.
    arguments : callable
        From the allowed symbols to the properties of a call, as JSON schemas; all are required.
    """

    name: str
    summary: str
    run: Callable[[Mapping[str, Any], Scope], Found]
    arguments: Callable[[Sequence[str]], JsonObject] = field(default=no_arguments)

    def schema(self, symbols: Sequence[str]) -> JsonObject:
        """Of a call: the name as a constant beside its arguments."""
        return record(tool={"type": "string", "const": self.name}, **self.arguments(symbols))


def find_tools(names: Sequence[str] = DEFAULT) -> tuple[Tool, ...]:
    """Tools by name; `final` must be among them.

    Raises
    ------
    ConfigError
        Unknown, twice, or no way to end.
    """
    if len(set(names)) < len(names) or "final" not in names:
        raise ConfigError(f"tools: expected distinct names with final among them, got {', '.join(names)}")
    return _tools(tuple(names))


@cache
def _tools(names: tuple[str, ...]) -> tuple[Tool, ...]:
    """Asked for every day by every researcher; looking into the folder takes longer than most of them need."""
    return tuple(registry.load(PACKAGE, name).TOOL for name in names)


def act_schema(tools: Sequence[Tool], symbols: Sequence[str], note: int = 160) -> JsonObject:
    """Schema of one action: a thought of at most `note` characters, and one call out of a union on `tool`."""
    return record(thought=text(note), call={"anyOf": [tool.schema(symbols) for tool in tools]})
