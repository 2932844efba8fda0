"""Days on either side of what the models of a run may have read: before it a good prediction may be a memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np

from quantrl.contest.evaluate.tables import Tables
from quantrl.errors import DataError
from quantrl.typing import BoolArray, IntArray
from quantrl.units import iso_date

UNKNOWN = "cutoff unknown"
_REMEMBERING = ("llm", "local", "replay")


@dataclass(frozen=True)
class Cutoff:
    """Where the news a model may have read end.

    Attributes
    ----------
    day : str, optional
        ISO date; None where no model was asked, or where one of them does not say.
    words : str
        What a report prints.
    """

    day: str | None
    words: str

    def parts(self, tables: Tables) -> list[tuple[str, Callable[[IntArray], BoolArray]]]:
        """Spans to show apart: the whole run, and with a known date the days up to it and those after."""
        whole = ("all days", lambda days: np.ones(len(days), dtype=np.bool_))
        if self.day is None:
            return [whole]
        last = self.day

        def before(days: IntArray) -> BoolArray:
            at = tables.decided
            return np.array(
                [int(day) in at and iso_date(at[int(day)]) <= last for day in days], dtype=np.bool_
            )

        return [whole, (f"up to {last}", before), (f"after {last}", lambda days: ~before(days))]


def cutoff_of(tables: Tables) -> Cutoff:
    """The latest cutoff of the models asked; unknown as soon as one of them is.

    Raises
    ------
    DataError
        A cutoff that is no date.
    """
    summary = tables.summary
    asked = {summary.models.get(agent, "") for agent, kind in summary.kinds.items() if kind in _REMEMBERING}
    if not asked:
        return Cutoff(None, "no model was asked")
    if not asked <= set(summary.model_cutoff):
        return Cutoff(None, UNKNOWN)
    latest = max(summary.model_cutoff[model] for model in asked)
    try:
        date.fromisoformat(latest)
    except ValueError:
        raise DataError(f"summary.json: model_cutoff: expected dates, got {latest!r}") from None
    return Cutoff(latest, f"model cutoff {latest}")
