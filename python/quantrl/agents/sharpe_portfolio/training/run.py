"""From a panel to a run folder of trained policies: every fold and seed, as processes, each trial in the ledger."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from quantrl.agents.sharpe_portfolio.training import _folder
from quantrl.agents.sharpe_portfolio.training._handover import shared_of, task_of, tuples, write_market
from quantrl.agents.sharpe_portfolio.training._stopping import asked_to_stop
from quantrl.agents.sharpe_portfolio.training.config import TrainConfig
from quantrl.agents.sharpe_portfolio.training.lesson import Slot
from quantrl.agents.sharpe_portfolio.training.plan import AGENT, Plan
from quantrl.agents.sharpe_portfolio.training.progress import announce, display
from quantrl.agents.sharpe_portfolio.training.train import STOP
from quantrl.backtest import Executor
from quantrl.envs import PortfolioConfig
from quantrl.errors import DataError
from quantrl.runs import TrialLedger

if TYPE_CHECKING:
    from quantrl.data import Panel

_TARGET = "quantrl.agents.sharpe_portfolio.training.train:train_one"


@dataclass(frozen=True)
class TrainRun:
    """A run folder of trained policies.

    Attributes
    ----------
    path : Path
    panel : Panel
        The data it was trained on, uncut.
    root : Path
        Folder of ``trials.jsonl``.
    """

    path: Path
    panel: Panel
    root: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """Contents of ``manifest.json``."""
        return _folder.manifest(self.path)

    def evaluate(self, **options: Any) -> Any:
        """Walk-forward evaluation on the test segments; see `quantrl.agents.sharpe_portfolio.evaluation.evaluate`."""
        from quantrl.agents.sharpe_portfolio.evaluation.evaluate import evaluate

        return evaluate(self.path, self.panel, root=self.root, **options)


def train_panel(
    panel: Panel,
    env: PortfolioConfig | None = None,
    train: TrainConfig | None = None,
    *,
    out: str | Path | None = None,
    root: str | Path = "runs",
    name: str = AGENT,
    data: dict[str, Any] | None = None,
    command: str = "SharpePortfolio.train",
    quiet: bool = False,
) -> TrainRun:
    """Train every fold and seed into a run folder; one of the same id that was interrupted goes on.

    Parameters
    ----------
    panel : Panel
    env : PortfolioConfig, optional
    train : TrainConfig, optional
    out : path, optional
        Run folder; by default ``root/<id>``.
    root : path
        Folder of runs and of ``trials.jsonl``.
    name, data, command
        For id, config and manifest.
    quiet : bool
        No progress.

    Returns
    -------
    TrainRun
        A finished run of the same id is returned as it is: it would come out the same.

    Raises
    ------
    ConfigError, DataError
        Settings or data that cannot be used; nothing is written then.
    RunError
        The folder is another run's, or in use.
    KeyboardInterrupt
        Ctrl-C: checkpoints are written, and the same call goes on.
    """
    plan = Plan.of(panel, env or PortfolioConfig(), train or TrainConfig(), name, data)
    folder = Path(root) / plan.id if out is None else Path(out)
    if not _folder.finished(folder, plan.id):
        _go(plan, plan.id, folder, TrialLedger(root), command, quiet=quiet)
    return TrainRun(folder, panel, Path(root))


def resume(
    folder: Path, panel: Panel, *, root: str | Path = "runs", jobs: int | None = None, quiet: bool = False
) -> TrainRun:
    """Go on with a run that was interrupted, with the settings in its manifest.

    Parameters
    ----------
    folder : Path
        Run folder.
    panel : Panel
        The data of the run, uncut.
    root : path
        Folder of ``trials.jsonl``.
    jobs : int, optional
        Processes from now on.
    quiet : bool
        No progress.

    Raises
    ------
    DataError
        Other data, or a checkpoint that is damaged or does not fit.
    RunError
        No training run.
    KeyboardInterrupt
        As in `train_panel`.
    """
    known = _folder.manifest(folder)
    env = PortfolioConfig.of(**tuples(known["env"]))
    train = TrainConfig(**known["train"])
    plan = Plan.of(panel, env, train if jobs is None else train.replace(jobs=jobs), known["name"], None)
    plan = replace(plan, data=known["data"]["section"])
    for field, got in (("data.id", plan.data_id), ("market_id", plan.market.id)):
        expected = known["data"]["id"] if field == "data.id" else known["market_id"]
        if got != expected:
            raise DataError(f"{folder}: {field}: expected {expected}, got {got}")
    if known["status"] != "done":
        _go(plan, known["id"], folder, TrialLedger(root), known["command"], quiet=quiet)
    return TrainRun(folder, panel, Path(root))


def _go(plan: Plan, run: str, folder: Path, ledger: TrialLedger, command: str, *, quiet: bool) -> None:
    slots = plan.slots(folder)
    plan.lesson(slots[0]).learner()  # settings that do not fit are found before anything is written
    ledger.read()  # and so is a damaged ledger
    with _folder.claimed(folder):
        header = _folder.begin(folder, plan, run, command)
        ledger.append([plan.trial(slot) for slot in slots])
        header = _folder.trials(folder, header, ledger, len(slots))
        announce(header, quiet=quiet)
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


def _train(plan: Plan, folder: Path, slots: Sequence[Slot], *, quiet: bool) -> None:
    """Every run that has not ended; a first Ctrl-C lets each write a checkpoint, a second ends them."""
    stop = folder / STOP
    stop.unlink(missing_ok=True)
    left = [slot for slot in slots if _folder.result(slot) is None]
    if not left:
        return
    shared = shared_of(folder, plan.env, plan.train)
    try:
        with (
            TemporaryDirectory(prefix="quantrl-") as place,
            asked_to_stop(stop, signal.SIGINT),
            display(left, plan.train.steps, quiet=quiet) as show,
        ):
            tasks = _tasks(plan, left, Path(place))
            executor(plan.train, len(left)).map(_TARGET, shared, tasks, on_event=show)
    finally:
        stop.unlink(missing_ok=True)


def _tasks(plan: Plan, slots: Sequence[Slot], place: Path) -> list[dict[str, Any]]:
    files = {fold: place / f"fold{fold}.npz" for fold in sorted({slot.fold for slot in slots})}
    for fold, file in files.items():
        write_market(file, plan.market_before_test(fold))
    return [task_of(slot, plan.rows(slot.fold), files[slot.fold]) for slot in slots]


def _settle(
    plan: Plan,
    folder: Path,
    header: dict[str, Any],
    slots: Sequence[Slot],
    ledger: TrialLedger,
    unfinished: str,
) -> str:
    """Outcome of every run, with its best validation Sharpe, in the ledger and the folder; the status of all."""
    nothing: dict[str, Any] = {"status": unfinished, "best": None}
    results = [(slot, _folder.result(slot) or nothing) for slot in slots]
    ledger.append(
        [
            replace(plan.trial(slot), status=found["status"], sharpe=(found["best"] or {}).get("sharpe"))
            for slot, found in results
        ]
    )
    ended = all(found is not nothing for _, found in results)
    status = "done" if ended else unfinished
    _folder.end(folder, header, status, results)
    return status


def executor(train: TrainConfig, runs: int) -> Executor:
    """Where the runs go; the results do not depend on it."""
    jobs = min(train.jobs or len(os.sched_getaffinity(0)), runs)
    backend = train.executor if train.executor != "auto" else ("processes" if jobs > 1 else "serial")
    return Executor(backend=backend, jobs=jobs, grace_s=60.0)
