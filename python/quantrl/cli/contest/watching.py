"""A contest with its progress on stderr: bars a second, time left, the date, and who holds capital."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from quantrl.cli import progress
from quantrl.errors import ConfigError
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.selection import Contest, ContestResult

_NAMED = 3


def run(contest: Contest, *, quiet: bool) -> ContestResult:
    """Take every bar; Ctrl-C ends it after the last whole decision.

    Raises
    ------
    KeyboardInterrupt
        There was none yet.
    """
    with display(contest, quiet=quiet) as tell:
        try:
            return contest.run(progress=tell)
        except ConfigError:
            if contest.status == "interrupted":
                raise KeyboardInterrupt from None
            raise


@contextmanager
def display(contest: Contest, *, quiet: bool) -> Iterator[Callable[[int, int], None]]:
    """Shows what it is told: bars done and bars in all."""
    begun = time.perf_counter()
    with progress.bar(quiet=quiet, speed=True) as shown:
        task = shown.add_task("contest", total=contest.panel.n_bars, note="", speed="")

        def tell(done: int, total: int) -> None:
            speed = f"{done / (time.perf_counter() - begun):,.0f} bars/s"
            shown.update(task, completed=done, total=total, speed=speed, note=_note(contest, done))

        yield tell


def _note(contest: Contest, done: int) -> str:
    """Date of the last bar taken and the agents funded there."""
    funded = np.flatnonzero(contest.shares[done - 1] > 0)
    names = [contest.entrants[i].label for i in funded[:_NAMED]]
    more = f" +{len(funded) - _NAMED}" if len(funded) > _NAMED else ""
    return f"{iso_date(int(contest.panel.time[done - 1]))} {', '.join(names) or 'all in cash'}{more}"


@contextmanager
def stages(count: int, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Names what is done after the last bar; the function yielded says what comes next."""
    with progress.bar(quiet=quiet) as shown:
        task = shown.add_task("writing", total=count, note="")
        begun = 0

        def stage(name: str) -> None:
            nonlocal begun
            shown.update(task, completed=begun, note=name)
            begun += 1

        yield stage
