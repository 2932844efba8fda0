"""The training loop of one run: validate, checkpoint, stop when asked, and never go on with numbers that are not."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from quantrl.agents._training import checkpoint, learner
from quantrl.agents._training.log import Columns, Report, losses_finite, open_log
from quantrl.agents._training.stopping import asked_to_stop
from quantrl.errors import OrderError
from quantrl.runs import write_json

RESULT = "result.json"
POLICY = "policy.safetensors"
STOP = "stop"
LOG_ROWS = 100


class StoppedError(Exception):
    """The run was asked to end; its checkpoint is written."""


class DivergedError(Exception):
    """A loss or a parameter is not finite."""


class Lesson(Protocol):
    """What one run of a training is to the loop.

    Attributes
    ----------
    folder : Path
        Where the policy goes.
    checkpoints, events : Path
        Folders of checkpoints and of TensorBoard.
    identity : dict
        ``market_id config seed fold``: what a checkpoint must have been taken from to go on here.
    steps, every : int
        Of the run, and from one validation to the next.
    measure : str
        Name of the score of a validation; the larger is the better.
    columns : dict
        Of ``progress.csv``.
    """

    @property
    def folder(self) -> Path: ...
    @property
    def checkpoints(self) -> Path: ...
    @property
    def events(self) -> Path: ...
    @property
    def identity(self) -> dict[str, Any]: ...
    @property
    def steps(self) -> int: ...
    @property
    def every(self) -> int: ...
    @property
    def measure(self) -> str: ...
    @property
    def columns(self) -> Columns: ...

    def learner(self) -> BaseAlgorithm:
        """A fresh learner on a fresh environment."""

    def log_interval(self, model: BaseAlgorithm) -> int:
        """Rollouts, off-policy episodes, between two rows of the log."""

    def validate(self, model: BaseAlgorithm) -> tuple[float | None, dict[str, float]]:
        """The score, None where undefined, and what else is worth a column."""

    def sound(self, model: BaseAlgorithm) -> bool:
        """Whether it has not run away; parameters and losses that are no numbers are looked for anyway."""

    def deliver(self, model: BaseAlgorithm, found: dict[str, Any]) -> None:
        """Export the policy into `folder`."""


class Watch(BaseCallback):
    """Validates and checkpoints between an update and the next rollout: every `Lesson.every` steps.

    Parameters
    ----------
    lesson : Lesson
    notes : dict
        ``validations`` (steps, score) and ``best``: as a checkpoint kept them, or fresh.
    stop : callable
        Whether the run is to end at the next such place.
    """

    def __init__(self, lesson: Lesson, notes: dict[str, Any], stop: Callable[[], bool]) -> None:
        super().__init__()
        self.lesson, self.notes, self._stop = lesson, notes, stop
        self._seen = -1

    def _on_training_start(self) -> None:
        self._seen = self.model.num_timesteps

    def _on_rollout_start(self) -> None:
        self.look(last=False)

    def _on_step(self) -> bool:
        return True

    def look(self, *, last: bool) -> None:
        """What is due at this number of steps.

        Raises
        ------
        DivergedError, StoppedError
        """
        steps, every = self.model.num_timesteps, self.lesson.every
        if not (
            learner.finite(self.model) and losses_finite(self.model.logger) and self.lesson.sound(self.model)
        ):
            raise DivergedError
        due = steps // every > self._seen // every or (last and steps > self._seen)
        if due:
            self._seen = steps
            self._validate(steps)
        stop = not last and self._stop()
        if due or stop:
            self._keep()
        if stop:
            raise StoppedError

    def _validate(self, steps: int) -> None:
        measure = self.lesson.measure
        score, others = self.lesson.validate(self.model)
        self.notes["validations"].append([steps, score])
        best = self.notes["best"]
        if score is not None and (best is None or score > best[measure]):  # the earlier one keeps a tie
            self.notes["best"] = {"steps": steps, measure: score}
        known = {**others} if score is None else {**others, measure: score}
        if known:
            # A row of its own, at these steps and with the update before it: the next one is a rollout later.
            for name, value in known.items():
                self.model.logger.record(f"validation/{name}", value)
            self.model.logger.dump(steps)

    def _keep(self) -> None:
        checkpoint.save(self.lesson.checkpoints, self.model, self.lesson.identity, self.notes)
        checkpoint.prune(self.lesson.checkpoints, best=self.best_steps)

    @property
    def best_steps(self) -> int | None:
        """Steps of the best validation."""
        return self.notes["best"]["steps"] if self.notes["best"] else None


def run_lesson(lesson: Lesson, report: Report, stop: Callable[[], bool]) -> dict[str, Any]:
    """Train one run, from its newest checkpoint if it has one, to the end or until asked to stop.

    Returns
    -------
    dict
        ``status`` (done, diverged or interrupted), ``steps``, ``validations``, ``best``, ``market_id`` and, when done,
        ``policy_sha``: sha256 of the exported policy. Also written to ``result.json`` unless interrupted.

    Raises
    ------
    DataError
        A checkpoint that is damaged or of another run; too few rows.
    ConfigError
        As in `Lesson.learner`.
    """
    if (lesson.folder / RESULT).is_file():
        finished: dict[str, Any] = json.loads((lesson.folder / RESULT).read_text(encoding="utf-8"))
        return finished
    lesson.folder.mkdir(parents=True, exist_ok=True)
    with one_thread():
        model, notes = _begin(lesson)
        watch = Watch(lesson, notes, stop)
        status = _learn(model, lesson, watch, report)
        found = {
            "status": status,
            "steps": model.num_timesteps,
            "market_id": lesson.identity["market_id"],
            **notes,
        }
        if status == "done":
            found["policy_sha"] = _deliver(model, lesson, watch, found)
    if status != "interrupted":
        write_json(lesson.folder / RESULT, found)
    return found


def _begin(lesson: Lesson) -> tuple[BaseAlgorithm, dict[str, Any]]:
    model = lesson.learner()
    kept = checkpoint.latest(lesson.checkpoints)
    if kept is None:
        return model, {"validations": [], "best": None}
    checkpoint.restore(kept, model, lesson.identity)
    return model, kept.notes


def _learn(model: BaseAlgorithm, lesson: Lesson, watch: Watch, report: Report) -> str:
    path = lesson.folder / "progress.csv"
    logger = open_log(path, lesson.events, lesson.columns, model.num_timesteps, report)
    model.set_logger(logger)
    remaining = max(lesson.steps - model.num_timesteps, 0)
    try:
        # SB3 adds the steps done to the total: a resumed run is given what remains, and keeps `_last_obs`.
        model.learn(
            remaining,
            callback=watch,
            log_interval=lesson.log_interval(model),
            reset_num_timesteps=model.num_timesteps == 0,
        )
        watch.look(last=True)
    except StoppedError:
        return "interrupted"
    except DivergedError:
        return "diverged"
    except (OrderError, ValueError):
        # An action or a distribution that is not finite is refused before the parameters are looked at.
        if learner.finite(model) and learner.answers(model):
            raise
        return "diverged"
    finally:
        if logger.name_to_value:
            logger.dump(model.num_timesteps)
        logger.close()
    return "done"


def _deliver(model: BaseAlgorithm, lesson: Lesson, watch: Watch, found: dict[str, Any]) -> str:
    """Export the policy of the best validation, or the last one where none was defined."""
    best = watch.best_steps
    if best is not None and best != model.num_timesteps:
        kept = checkpoint.read(lesson.checkpoints / f"step-{best:012d}.json")
        learner.load_weights(model, checkpoint.learner_arrays(kept))
    lesson.deliver(model, found)
    if isinstance(model, OffPolicyAlgorithm):
        # Each checkpoint holds the replay buffer; nothing will go on from these.
        checkpoint.prune(lesson.checkpoints, keep=1, best=best)
    return hashlib.sha256((lesson.folder / POLICY).read_bytes()).hexdigest()


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread: sums in one order, and one core a run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def run_until_stopped(folder: Path, lesson: Callable[[], Lesson], report: Report) -> dict[str, Any]:
    """One run in a process of its own, which ends at its next checkpoint once it is asked to.

    Parameters
    ----------
    folder : Path
        Run folder.
    lesson : callable
        Makes the run; not called where the stop was asked for already.
    report : callable
        Receives each row of ``progress.csv``.
    """
    stop = folder / STOP
    # The executor asks a process to end by SIGTERM; an update cut in two could not be gone on with.
    with asked_to_stop(stop, signal.SIGTERM):
        if stop.exists():
            return {"status": "interrupted", "steps": 0, "validations": [], "best": None}
        return run_lesson(lesson(), report, stop.exists)
