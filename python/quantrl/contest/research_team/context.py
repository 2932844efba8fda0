"""What every researcher reads on one morning: the chosen factors and a table of the universe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.contest.clock import Clock
from quantrl.contest.entities import Entities
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.research_team.refs import Reference
from quantrl.contest.tokens import count
from quantrl.contest.tools import LineShown
from quantrl.contest.tools._bars import MEASURES, measures, percent, tradable_now
from quantrl.contest.types import FactorLine
from quantrl.contest.view import ContestView
from quantrl.errors import DataError, LookAheadError
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import iso_date

COLUMNS = ("symbol", *(f"{name}_pct" for name in MEASURES), "lines")


@dataclass(frozen=True)
class Context:
    """One morning.

    Attributes
    ----------
    data : JSON object
        ``date``, ``factors``, ``table``, ``not_tradable``: what a model is shown.
    features : mapping of symbol to (5 numbers or None)
        The whole table, of which `data` may show a part.
    lines : tuple of LineShown
    references : mapping of local id to Reference
    tradable : frozenset of str
    """

    data: JsonObject
    features: Mapping[str, list[Any]]
    lines: tuple[LineShown, ...]
    references: Mapping[str, Reference]
    tradable: frozenset[str]

    @staticmethod
    def at(t: int, clock: Clock, view: ContestView, universe: Entities, limits: ResearchLimits) -> Context:
        """The context of day t.

        Parameters
        ----------
        t : int
        clock : Clock
        view : ContestView
            Of d(t), with the factors that were chosen.
        universe : Entities
            Symbols that may be traded, with the names they go by.
        limits : ResearchLimits

        Raises
        ------
        LookAheadError
            A view of a later time, a factor of a later day, or a line that cites a document not yet known.
        DataError
            A view of an earlier time, or no symbols at all.
        """
        _check_moment(t, clock, view)
        if not universe.symbols:
            raise DataError(f"universe: expected at least one symbol on {iso_date(view.now)}, got none")
        shown, factors, references = _lines(t, clock, view, universe, limits.context_tokens)
        tradable, table = _features(view, universe, shown)
        rows = sorted(table.values(), key=_prominence)[: limits.table_rows]
        data: JsonObject = {
            "date": iso_date(view.now),
            "factors": factors,
            "table": {"columns": list(COLUMNS), "rows": rows},
        }
        closed = [symbol for symbol in universe.symbols if symbol not in tradable]
        if closed:
            data["not_tradable"] = closed[: limits.table_rows]
        return Context(data, table, shown, references, frozenset(tradable))


def _check_moment(t: int, clock: Clock, view: ContestView) -> None:
    now = clock.d(t)
    if view.now > now:
        raise LookAheadError(
            f"research: tools are asked on day {t} with a view of {view.now}; allowed is {now}"
        )
    if view.now < now:
        raise DataError(f"research: expected the view of {now}, day {t}, got one of {view.now}")
    late = next((factor for factor in view.factors if factor.day > t), None)
    if late is not None:
        raise LookAheadError(f"research: a factor of {late.agent!r} of day {late.day} is shown on day {t}")


def _lines(
    t: int, clock: Clock, view: ContestView, universe: Entities, most: int
) -> tuple[tuple[LineShown, ...], list[JsonObject], dict[str, Reference]]:
    shown: list[LineShown] = []
    factors: list[JsonObject] = []
    references: dict[str, Reference] = {}
    room = most
    for factor in view.factors:
        listed: list[JsonObject] = []
        for index, line in enumerate(factor.lines):
            symbols = _about(line, view, universe)
            room -= count(line.text)
            if room < 0:
                break
            local = f"f{len(shown) + 1:03d}"
            shown.append(LineShown(local, line.text, symbols))
            listed.append({"id": local, "text": line.text, "symbols": list(symbols)})
            references[local] = Reference(
                f"{factor.agent}:{index}", "line", line.text, symbols, clock.d(factor.day)
            )
        factors.append({"source": factor.agent, "lines": listed})
    return tuple(shown), factors, references


def _about(line: FactorLine, view: ContestView, universe: Entities) -> tuple[str, ...]:
    """Symbols a line names; where it names none, those of the documents it cites."""
    documents = [view.documents.get(ref) for ref in line.refs]
    named = universe.find(line.text)
    if named:
        return named
    hints = (symbol for document in documents for symbol in document.symbols if symbol in universe)
    return tuple(dict.fromkeys(hints))


def _features(
    view: ContestView, universe: Entities, lines: tuple[LineShown, ...]
) -> tuple[set[str], dict[str, list[Any]]]:
    open_now: FloatArray = tradable_now(view).astype(np.float64)
    values = measures(view)
    mentions: dict[str, int] = {}
    for line in lines:
        for symbol in line.symbols:
            mentions[symbol] = mentions.get(symbol, 0) + 1
    table: dict[str, list[Any]] = {}
    for column, symbol in enumerate(view.instruments):
        if symbol in universe and open_now[column]:
            numbers = [percent(values[name][column]) for name in MEASURES]
            table[symbol] = [symbol, *numbers, mentions.get(symbol, 0)]
    return set(table), table


def _prominence(row: list[Any]) -> tuple[float, float]:
    """Most talked about first, then what moved most in five days, then the order of the panel."""
    return (-row[-1], -abs(row[1] or 0.0))
