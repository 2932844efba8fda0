"""Capital outside of the contest's instruments: what recorded returns earn, as instruments only they may hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from quantrl.agent import Agent, Decision, Native
from quantrl.selection._poll import Poll
from quantrl.selection.entrant import Entrant
from quantrl.selection.recorded import RecordedReturns
from quantrl.typing import FloatArray, IntArray, JsonObject

if TYPE_CHECKING:
    from quantrl.data import Panel, View
    from quantrl.data.reveal import Reveal

TICK = "0.00001"
"""Grid of a sleeve's prices, so that a book in whole ticks holds what a contest does."""
_START, _DECIMALS = 100.0, 5


@dataclass(frozen=True, eq=False)
class Sleeves:
    """One sleeve for each recorded entrant.

    Attributes
    ----------
    panel : Panel
        The contest's, with an instrument a sleeve after its own: 100 times what the run made of 1 by the close of each
        bar, to five decimals. The open is the close before, so that nothing earned overnight is given to who comes at
        the open.
    market : Panel
        The contest's own.
    runs : dict of place to RecordedReturns
    """

    panel: Panel
    market: Panel
    runs: dict[int, RecordedReturns]

    @classmethod
    def of(cls, entrants: Sequence[Entrant], panel: Panel) -> Sleeves:
        """Of the recorded ones among the entrants; without any, `panel` is the contest's own."""
        runs = {i: e.agent for i, e in enumerate(entrants) if isinstance(e.agent, RecordedReturns)}
        labels = {entrants[i].label: run for i, run in runs.items()}
        wide = panel if not runs else _widened(panel, labels)
        return cls(wide, panel, runs)

    @property
    def own(self) -> int:
        """Instruments of the contest."""
        return self.market.n_instruments

    @property
    def names(self) -> tuple[str, ...]:
        """Of the sleeves."""
        return self.panel.instruments[self.own :]

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

    def seated(self, entrants: Sequence[Entrant]) -> tuple[Entrant, ...]:
        """The entrants as agents of the wide panel, for a daemon: each sees and decides on the contest's own instruments,
        and a recorded run is all in its sleeve while it runs."""
        if self.is_empty:
            return tuple(entrants)
        reveal, columns = self.market.reveal(), tuple(self.runs.values())
        return tuple(
            replace(entrant, agent=_seat(entrant.agent, reveal, self.own, columns)) for entrant in entrants
        )

    def header(self, entrants: Sequence[Entrant]) -> JsonObject:
        """Venue and sha256 of each run, by label."""
        return {entrants[i].label: {"venue": run.venue, "sha256": run.sha256} for i, run in self.runs.items()}


def _seat(agent: Agent, reveal: Reveal, own: int, runs: tuple[RecordedReturns, ...]) -> Agent:
    if isinstance(agent, Native):
        return _NativeSeat(agent, reveal, own, runs)
    return _Seat(agent, reveal, own, runs)


@dataclass(frozen=True, eq=False)
class _Seat:
    """An agent of the contest's own instruments among wider accounts."""

    agent: Agent
    reveal: Reveal
    own: int
    runs: tuple[RecordedReturns, ...]

    def decide(self, view: View) -> Decision:
        decided = self.agent.decide(self.reveal.at(view.now).with_held(view.held[: self.own]))
        if not isinstance(decided, Decision):
            return decided
        beside = [float(run.runs_at(view.now)) if run is self.agent else np.nan for run in self.runs]
        return replace(decided, weights=np.append(decided.weights, beside))


@dataclass(frozen=True, eq=False)
class _NativeSeat(_Seat):
    """One that a daemon computes again."""

    agent: Native

    def snapshot(self) -> bytes:
        return self.agent.snapshot()

    def restore(self, state: bytes, now: int, n_instruments: int) -> None:
        self.agent.restore(state, now, self.own)


def _widened(panel: Panel, labels: Mapping[str, RecordedReturns]) -> Panel:
    from quantrl.data import Panel

    runs = list(labels.values())
    notes = (
        f"{label}: what it earns was recorded elsewhere ({run.venue}), and so is that part of a book that funds it"
        for label, run in labels.items()
    )
    close = np.round(_START * np.column_stack([run.index(panel.time) for run in runs]), _DECIMALS)
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
        [*panel.table, *(f"sleeve:{label}" for label in labels)],
        periods_per_year=panel.periods_per_year,
        available_at={name: _arrival(at, len(runs)) for name, at in panel.late.items()},
        masks=masks,
        adjust=panel.adjust,
        name=panel.name,
        source=panel.source,
        flags=(*panel.flags, *notes),
    )


def _arrival(at: IntArray, sleeves: int) -> IntArray:
    """When cells are known; those of a sleeve with the last of their bar."""
    if at.ndim == 1:
        return at
    found: IntArray = np.concatenate([at, np.repeat(at.max(axis=1)[:, None], sleeves, axis=1)], axis=1)
    return found
