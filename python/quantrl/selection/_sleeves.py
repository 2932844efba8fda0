"""Capital outside of the contest's instruments: what recorded returns earn, as instruments only they may hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quantrl.selection._poll import Poll
from quantrl.selection.entrant import Entrant
from quantrl.selection.recorded import RecordedReturns
from quantrl.typing import FloatArray, JsonObject

if TYPE_CHECKING:
    from quantrl.data import Panel

_START = 100.0


@dataclass(frozen=True, eq=False)
class Sleeves:
    """One sleeve for each recorded entrant.

    Attributes
    ----------
    panel : Panel
        The contest's, with an instrument a sleeve after its own: 100 times what the run made of 1 by the close of each bar.
        The open is the close before, so that nothing earned overnight is given to who comes at the open.
    own : int
        Instruments of the contest.
    runs : dict of place to RecordedReturns
    """

    panel: Panel
    own: int
    runs: dict[int, RecordedReturns]

    @classmethod
    def of(cls, entrants: Sequence[Entrant], panel: Panel) -> Sleeves:
        """Of the recorded ones among the entrants; without any, `panel` is the contest's own."""
        runs = {i: e.agent for i, e in enumerate(entrants) if isinstance(e.agent, RecordedReturns)}
        names = [f"sleeve:{entrants[i].label}" for i in runs]
        wide = panel if not runs else _widened(panel, list(runs.values()), names)
        return cls(wide, panel.n_instruments, runs)

    @property
    def is_empty(self) -> bool:
        """Whether nobody is recorded."""
        return not self.runs

    def widen(self, poll: Poll, now: int) -> Poll:
        """Answers on the contest's instruments with those on sleeves: each run is all in its own while it runs."""
        if self.is_empty:
            return poll
        sleeves = np.full((len(poll.weights), len(self.runs)), np.nan)
        for k, (place, run) in enumerate(self.runs.items()):
            sleeves[place, k] = float(run.runs_at(now))
        return replace(poll, weights=np.concatenate([poll.weights, sleeves], axis=1))

    def header(self, entrants: Sequence[Entrant]) -> JsonObject:
        """Venue and sha256 of each run, by label."""
        return {entrants[i].label: {"venue": run.venue, "sha256": run.sha256} for i, run in self.runs.items()}


def _widened(panel: Panel, runs: Sequence[RecordedReturns], names: Sequence[str]) -> Panel:
    from quantrl.data import Panel

    close = _START * np.column_stack([run.index(panel.time) for run in runs])
    start = np.array([[_START]]) * np.ones((1, len(runs)))
    opened = np.concatenate([start, close[:-1]])
    made = {
        "open": opened,
        "high": np.maximum(opened, close),
        "low": np.minimum(opened, close),
        "close": close,
    }
    columns = {
        name: np.concatenate([values, made.get(name, np.full(close.shape, np.nan))], axis=1)
        for name, values in panel.columns.items()
    }
    always: FloatArray = np.ones(close.shape, dtype=np.bool_)
    masks = {name: np.concatenate([values, always], axis=1) for name, values in panel.masks.items()}
    return Panel(
        columns,
        panel.time,
        [*panel.table, *names],
        periods_per_year=panel.periods_per_year,
        masks=masks,
        adjust=panel.adjust,
        name=panel.name,
        source=panel.source,
        flags=panel.flags,
    )
