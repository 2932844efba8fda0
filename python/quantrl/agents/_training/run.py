"""Every fold and seed of a training, as processes, each trial in the ledger."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from quantrl.agents._training import folder as folders
from quantrl.agents._training.log import Columns
from quantrl.agents._training.loop import STOP, Lesson
from quantrl.agents._training.progress import Shown, display
from quantrl.agents._training.slot import Slot
from quantrl.agents._training.stopping import asked_to_stop
from quantrl.backtest import Executor
from quantrl.runs import Trial, TrialLedger


class Plan(Protocol):
    """Everything a training will do, checked before anything is written.

    Attributes
    ----------
    columns : dict
        Of ``progress.csv``.
    shown : Shown
        What of a row is shown.
    steps : int
        Of one run.
    jobs : int, optional
        Processes; None for one a core.
    backend : {"auto", "serial", "processes"}
    """

    @property
    def columns(self) -> Columns: ...
    @property
    def shown(self) -> Shown: ...
    @property
    def steps(self) -> int: ...
    @property
    def jobs(self) -> int | None: ...
    @property
    def backend(self) -> str: ...

    def slots(self, folder: Path) -> list[Slot]:
        """Every run, fold by fold."""

    def lesson(self, slot: Slot) -> Lesson:
        """One run, in this process."""

    def trial(self, slot: Slot) -> Trial:
        """The line of a run in the trial ledger."""

    def begin(self, folder: Path, run: str, command: str) -> dict[str, Any]:
        """Write config and manifest with status ``running``; returns the manifest."""

    def announce(self, header: dict[str, Any]) -> None:
        """Say, before anything is trained, what is worth knowing."""

    def work(self, folder: Path, slots: Sequence[Slot], place: Path) -> tuple[str, Any, list[Any]]:
        """Target, shared part and tasks for `quantrl.backtest.Executor.map`; files they need go to `place`."""


def go(
    plan: Plan, run: str, folder: Path, ledger: TrialLedger, command: str, *, quiet: bool
) -> dict[str, Any]:
    """Train what has not ended yet; the manifest.

    Raises
    ------
    ConfigError, DataError
        Settings or data that cannot be used; nothing is written then.
    RunError
        The folder is in use, or the ledger damaged.
    KeyboardInterrupt
        Ctrl-C: checkpoints are written.
    """
    slots = plan.slots(folder)
    plan.lesson(slots[0]).learner()  # settings that do not fit are found before anything is written
    ledger.read()  # and so is a damaged ledger
    with folders.claimed(folder):
        header = plan.begin(folder, run, command)
        ledger.append([plan.trial(slot) for slot in slots])
        header = folders.trials(folder, header, ledger, len(slots))
        if not quiet:
            plan.announce(header)
        unfinished = "failed"
        try:
            _train(plan, folder, slots, quiet=quiet)
            unfinished = "interrupted"
        except KeyboardInterrupt:
            unfinished = "interrupted"
            raise
        finally:
            status = _settle(plan, folder, header, slots, ledger, unfinished)
    if status == "interrupted":
        raise KeyboardInterrupt
    return folders.manifest(folder)


def _train(plan: Plan, folder: Path, slots: Sequence[Slot], *, quiet: bool) -> None:
    """Every run that has not ended; a first Ctrl-C lets each write a checkpoint, a second ends them."""
    stop = folder / STOP
    stop.unlink(missing_ok=True)
    left = [slot for slot in slots if folders.result(slot) is None]
    if not left:
        return
    labels = [slot.label for slot in left]
    try:
        with (
            TemporaryDirectory(prefix="quantrl-") as place,
            asked_to_stop(stop, signal.SIGINT),
            display(labels, plan.steps, plan.shown, quiet=quiet) as show,
        ):
            target, shared, tasks = plan.work(folder, left, Path(place))
            executor(plan.jobs, plan.backend, len(left)).map(target, shared, tasks, on_event=show)
    finally:
        stop.unlink(missing_ok=True)


def _settle(
    plan: Plan,
    folder: Path,
    header: dict[str, Any],
    slots: Sequence[Slot],
    ledger: TrialLedger,
    unfinished: str,
) -> str:
    """Outcome of every run, with its best validation Sharpe if it has one, in the ledger and the folder."""
    nothing: dict[str, Any] = {"status": unfinished, "best": None}
    results = [(slot, folders.result(slot) or nothing) for slot in slots]
    ledger.append(
        [
            replace(plan.trial(slot), status=found["status"], sharpe=(found["best"] or {}).get("sharpe"))
            for slot, found in results
        ]
    )
    ended = all(found is not nothing for _, found in results)
    status = "done" if ended else unfinished
    folders.end(folder, header, status, results, plan.columns)
    return status


def executor(jobs: int | None, backend: str, runs: int) -> Executor:
    """Where the runs go; the results do not depend on it."""
    jobs = min(jobs or len(os.sched_getaffinity(0)), runs)
    chosen = backend if backend != "auto" else ("processes" if jobs > 1 else "serial")
    return Executor(backend=chosen, jobs=jobs, grace_s=60.0)
