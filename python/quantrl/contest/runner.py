"""The loop over days and steps: what the journal holds is applied, the first missing step is done, and so on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from quantrl.contest import journal as journals
from quantrl.contest.journal import STEPS, Journal
from quantrl.contest.llm.budget import Budgets
from quantrl.contest.meter import Meter
from quantrl.contest.research_team.recheck import check_steps
from quantrl.contest.standing import Standing
from quantrl.contest.steps import table
from quantrl.contest.steps.research import remember
from quantrl.contest.world import World
from quantrl.errors import ReplayMismatch
from quantrl.selection._interrupts import held_back

Status = Literal["done", "partial", "interrupted"]


@dataclass(frozen=True)
class Event:
    """Where a contest is: a step that has just been done.

    Attributes
    ----------
    day, of : int
        Day k of K, from 1.
    date : str
    step : str
    payload : JSON
        What came of it.
    budgets : Budgets
        What is spent so far, and its caps.
    """

    day: int
    of: int
    date: str
    step: str
    payload: Any
    budgets: Budgets


Progress = Callable[[Event], None]


@dataclass(frozen=True)
class Recorded:
    """A run that is to be repeated: its folder and its journal."""

    folder: Path
    lines: list[journals.Line]


class Runner:
    """Takes a contest through its days.

    Parameters
    ----------
    world : World
    journal : Journal
    progress : callable, optional
        Called after each step that was done, not for those read back.
    expected : Recorded, optional
        Another run that this one must repeat.

    Attributes
    ----------
    standing : Standing
    """

    def __init__(
        self,
        world: World,
        journal: Journal,
        *,
        progress: Progress | None = None,
        expected: Recorded | None = None,
    ) -> None:
        self.world, self.journal = world, journal
        self.standing = Standing(world)
        self.meter = Meter(world.desk.waves)
        self._progress, self._expected = progress, expected

    def run(self) -> Status:
        """Do every step that is left.

        Returns
        -------
        {'done', 'partial', 'interrupted'}
            Partial: a call was left out. Interrupted: Ctrl-C came; the day it came in was finished.

        Raises
        ------
        LLMError, BudgetExceeded, ReplayMiss, DataError
            The day stays open; another `run` in the same folder goes on with its first missing step.
        ReplayMismatch
            A step came out otherwise than in the run that is repeated.
        """
        self._read_back()
        days = self.world.calendar.days
        done = len(self.journal.lines)
        try:
            with held_back() as interrupt:
                for t in days[done // len(STEPS) :]:
                    for step in STEPS[len(self.journal.lines) % len(STEPS) :]:
                        self._do(t, step)
                    interrupt.check()
        except KeyboardInterrupt:
            if len(self.journal.lines) % len(STEPS) or not self.journal.lines:
                raise
            return "interrupted"
        return "partial" if self.meter.budgets.partial else "done"

    def _do(self, t: int, name: str) -> None:
        step, calendar = table()[name], self.world.calendar
        if name == "OPEN":
            self.standing.begin(t)
        made = step.make(self.standing)
        spent = self.meter.take(calendar.date(t)) if step.asks else None
        self._compare(calendar.name(t), name, made)
        payload = self.journal.append(calendar.name(t), name, made, spent)
        step.apply(self.standing, payload)
        if self._progress is not None:
            at = calendar.days.index(t) + 1
            self._progress(Event(at, len(calendar.days), calendar.date(t), name, payload, self.meter.budgets))

    def _read_back(self) -> None:
        """Apply what the journal holds."""
        for line in self.journal.lines:
            payload = journals.payload(self.journal.folder, line)
            if line.step == "OPEN":
                self.standing.begin(int(payload["t"]))
            if line.step == "SIGNALS":
                remember(self.standing, payload)
            spent = journals.spent(self.journal.folder, line)
            if spent is not None:
                self.meter.restore(spent)
            table()[line.step].apply(self.standing, payload)
        if self.journal.lines:
            self.meter.settle()

    def _compare(self, day: str, step: str, made: Any) -> None:
        if self._expected is None:
            return
        seq, lines = len(self.journal.lines), self._expected.lines
        if seq >= len(lines):
            raise ReplayMismatch(f"replay: {step} of {day} was never done in the run that is replayed")
        line = lines[seq]
        found = journals.out_sha(made)
        if (line.day, line.step, line.out_sha) == (day, step, found):
            return
        if (line.day, line.step) == (day, step) == (day, "SIGNALS"):
            self._compare_tools(day, journals.payload(self._expected.folder, line), made)
        raise ReplayMismatch(
            f"replay: {step} of {day} came out otherwise: expected {line.out_sha}, got {found}"
        )

    def _compare_tools(self, day: str, before: Any, made: Any) -> None:
        """Name the look-up that found something else, if one did."""
        for old, new in zip(before["works"], made["works"], strict=False):
            check_steps(new["agent"], day, old["steps"], new["steps"])
