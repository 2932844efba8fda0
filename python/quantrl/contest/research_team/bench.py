"""One researcher's look-ups of one day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantrl.contest.llm.schema import parse
from quantrl.contest.research_team.refs import Reference
from quantrl.contest.tokens import count
from quantrl.contest.tools import Found, Row, Scope, Tool
from quantrl.errors import DataError, LookAheadError
from quantrl.runs import canonical_json, sha256_json
from quantrl.typing import JsonObject


@dataclass(frozen=True)
class Observation:
    """What a call brought.

    Attributes
    ----------
    id : str
        ``t01``, in order of the calls.
    tool : str
    args : JSON object
    output : JSON object
        At most so many tokens as the bench allows.
    about : tuple of str
        Symbols the output shows something of.
    tokens : int
    sha256 : str
        Over tool, arguments and output: a replay that looks up something else has another.
    """

    id: str
    tool: str
    args: JsonObject
    output: JsonObject
    about: tuple[str, ...]
    tokens: int
    sha256: str

    def shown(self) -> JsonObject:
        """As the researcher reads it."""
        return {
            "id": self.id,
            "tool": self.tool,
            "args": self.args,
            "output": self.output,
            "about": list(self.about),
        }


class Bench:
    """Runs tools for one researcher on one day; the same call again brings the first answer.

    Parameters
    ----------
    tools : sequence of Tool
    scope : Scope
    now : int
        d(t): the time at which is asked.
    limit : int
        Tokens of an output.

    Attributes
    ----------
    observations : list of Observation
    references : dict of local id to Reference
        Documents found, as ``d001``, and the observations themselves.

    Raises
    ------
    LookAheadError
        The scope shows a later time than `now`.
    """

    def __init__(self, tools: Sequence[Tool], scope: Scope, *, now: int, limit: int = 500) -> None:
        if scope.view.now > now:
            raise LookAheadError(f"tools: asked at {scope.view.now}; allowed is {now}")
        self._tools = {tool.name: tool for tool in tools}
        self._scope, self._now, self._limit = scope, now, limit
        self._first: dict[str, Observation] = {}
        self._local: dict[str, str] = {}
        self.observations: list[Observation] = []
        self.references: dict[str, Reference] = {}

    def call(self, name: str, args: Mapping[str, Any]) -> Observation:
        """The answer of a tool.

        Parameters
        ----------
        name : str
        args : mapping
            Must fit the schema of the tool.

        Raises
        ------
        DataError
            No such tool, or arguments that do not fit; nothing has changed.
        LookAheadError
            The tool reaches for something later.
        """
        tool = self._tools.get(name)
        if tool is None:
            raise DataError(f"tool: expected one of {', '.join(self._tools)}, got {name!r}")
        key = canonical_json({"tool": name, **args})
        if key not in self._first:
            self._first[key] = self._observe(tool, key, dict(args))
        return self._first[key]

    def _observe(self, tool: Tool, key: str, args: JsonObject) -> Observation:
        _, problem = parse(key, tool.schema(self._scope.universe.symbols))
        allowed = self._scope.universe
        if problem is None and args.get("symbol") is not None and args["symbol"] not in allowed:
            problem = (
                f"$.symbol: expected one of {len(allowed.symbols)} allowed symbols, got {args['symbol']!r}"
            )
        if problem is not None:
            raise DataError(f"tool {tool.name}: {problem}")
        found = tool.run(args, self._scope)
        for row in found.rows:
            if row.document is not None and row.document.available_at > self._now:
                raise LookAheadError(
                    f"tool {tool.name}: found document {row.document.id} of {row.document.available_at}; "
                    f"allowed is {self._now}"
                )
        output, rows, symbols = self._fit(found)
        about = tuple(dict.fromkeys((*symbols, *(s for row in rows for s in row.symbols))))
        stamp = sha256_json({"tool": tool.name, "args": args, "output": output})
        name = f"t{len(self.observations) + 1:02d}"
        seen = Observation(name, tool.name, args, output, about, count(canonical_json(output)), stamp)
        self.observations.append(seen)
        self.references[name] = Reference(name, "tool", _title(seen), about, self._now)
        for row in rows:
            if row.document is not None:
                local = self._local.setdefault(row.document.id, f"d{len(self._local) + 1:03d}")
                self.references[local] = Reference.of_document(row.document, row.symbols)
        return seen

    def _fit(self, found: Found) -> tuple[JsonObject, tuple[Row, ...], tuple[str, ...]]:
        """The output with as many rows, from the first on, as fit, those rows, and what its facts are about."""
        values = self._values(found.rows)
        for kept in range(len(values), -1, -1):
            output = dict(found.facts)
            if found.rows or not found.facts:
                output["rows"] = values[:kept]
            if kept < len(values):
                output["left_out"] = len(values) - kept
            if count(canonical_json(output)) <= self._limit:
                return output, found.rows[:kept], found.symbols
        return {"note": f"the result is longer than {self._limit} tokens"}, (), ()

    def _values(self, rows: Sequence[Row]) -> list[Any]:
        """Values of rows; a document bears its local id, the same in every result."""
        values: list[Any] = []
        fresh: dict[str, str] = {}
        for row in rows:
            if row.document is None:
                values.append(row.value)
                continue
            known = self._local.get(row.document.id) or fresh.setdefault(
                row.document.id, f"d{len(self._local) + len(fresh) + 1:03d}"
            )
            values.append({"id": known, **row.value})
        return values


def _title(seen: Observation) -> str:
    shown = ", ".join(f"{name} {value}" for name, value in seen.args.items() if value is not None)
    return f"{seen.tool}({shown})"
