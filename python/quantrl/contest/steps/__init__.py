"""The twelve steps of a day. Each has two halves, and only the second changes anything.

`make` works out what a step says, asking agents where it must, as plain JSON; `apply` takes that into the standing of the
contest. A day that is read back from the journal is applied without being made, so it ends in the same state.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from quantrl.contest.standing import Standing
from quantrl.typing import JsonObject


@dataclass(frozen=True)
class Step:
    """One step.

    Parameters
    ----------
    make : callable
        From the standing to plain JSON; changes nothing.
    apply : callable
        Takes what was made; equal whether it comes from `make` or from the journal.
    asks : bool
        Whether agents may be asked by way of the desk.
    """

    make: Callable[[Standing], JsonObject]
    apply: Callable[[Standing, Any], None]
    asks: bool = False


@cache
def table() -> dict[str, Step]:
    """Every step by name, in order."""
    from quantrl.contest.steps import capital, context, data, day, judges, research

    return {
        "OPEN": Step(day.make_open, day.apply_open),
        "DOCS": Step(day.make_docs, day.apply_docs),
        "FACTORS": Step(data.make_factors, data.apply_factors, asks=True),
        "RATED": Step(data.make_rated, data.apply_rated, asks=True),
        "DATA_SCORED": Step(context.make_scored, context.apply_scored),
        "CONTEXT": Step(context.make_context, context.apply_context),
        "SIGNALS": Step(research.make_signals, research.apply_signals, asks=True),
        "JUDGED": Step(judges.make_judged, judges.apply_judged, asks=True),
        "RESEARCH_SCORED": Step(capital.make_scored, capital.apply_scored),
        "ALLOCATED": Step(capital.make_allocated, capital.apply_allocated),
        "DECIDED": Step(capital.make_decided, capital.apply_decided),
        "CLOSED": Step(day.make_closed, day.apply_closed),
    }
