"""The training loop of one run: validate, checkpoint, stop when asked, and never go on with numbers that are not."""

from __future__ import annotations

import hashlib
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm

from quantrl.agents.sharpe_portfolio.training import _learner, checkpoint
from quantrl.agents.sharpe_portfolio.training._stopping import asked_to_stop
from quantrl.agents.sharpe_portfolio.training.lesson import Lesson
from quantrl.agents.sharpe_portfolio.training.log import Report, losses_finite, open_log
from quantrl.agents.sharpe_portfolio.training.validation import better, validation_sharpe
from quantrl.errors import OrderError
from quantrl.runs import write_json

RESULT = "result.json"
POLICY = "policy.safetensors"
STOP = "stop"
_LOG_ROWS = 100


class StoppedError(Exception):
    """The run was asked to end; its checkpoint is written."""


class DivergedError(Exception):
    """A loss or a parameter is not finite."""


class Watch(BaseCallback):
    """Validates and checkpoints between an update and the next rollout: every `TrainConfig.every` steps.

    Parameters
    ----------
    lesson : Lesson
    notes : dict
        ``validations`` (steps, Sharpe) and ``best``: as a checkpoint kept them, or fresh.
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
        steps, every = self.model.num_timesteps, self.lesson.train.every
        if not (_learner.finite(self.model) and losses_finite(self.model.logger)):
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
        lesson = self.lesson
        sharpe = validation_sharpe(self.model, lesson.market, lesson.env, lesson.rows.validation)
        self.notes["validations"].append([steps, sharpe])
        if better(sharpe, self.notes["best"]):
            self.notes["best"] = {"steps": steps, "sharpe": sharpe}
        if sharpe is not None:
            # A row of its own, at these steps and with the update before it: the next one is a rollout later.
            self.model.logger.record("validation/sharpe", sharpe)
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
        found = {"status": status, "steps": model.num_timesteps, "market_id": lesson.market.id, **notes}
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
    events = lesson.slot.run / "tb" / f"fold{lesson.slot.fold}_seed{lesson.slot.seed}"
    logger = open_log(lesson.folder / "progress.csv", events, model.num_timesteps, report)
    model.set_logger(logger)
    remaining = max(lesson.train.steps - model.num_timesteps, 0)
    try:
        # SB3 adds the steps done to the total: a resumed run is given what remains, and keeps `_last_obs`.
        model.learn(
            remaining,
            callback=watch,
            log_interval=_log_interval(model, lesson),
            reset_num_timesteps=model.num_timesteps == 0,
        )
        watch.look(last=True)
    except StoppedError:
        return "interrupted"
    except DivergedError:
        return "diverged"
    except (OrderError, ValueError):
        # An action or a distribution that is not finite is refused before the parameters are looked at.
        if _learner.finite(model) and _learner.answers(model):
            raise
        return "diverged"
    finally:
        if logger.name_to_value:
            logger.dump(model.num_timesteps)
        logger.close()
    return "done"


def _deliver(model: BaseAlgorithm, lesson: Lesson, watch: Watch, found: dict[str, Any]) -> str:
    """Export the policy of the best validation, or the last one where none was defined."""
    from quantrl.agents.sharpe_portfolio import export

    best = watch.best_steps
    if best is not None and best != model.num_timesteps:
        kept = checkpoint.read(lesson.checkpoints / f"step-{best:012d}.json")
        _learner.load_weights(model, checkpoint.learner_arrays(kept))
    export.export_policy(
        model,
        lesson.folder,
        env_config=lesson.env,
        market_id=lesson.market.id,
        seed=lesson.slot.seed,
        meta=lesson.meta(found, model),
    )
    if isinstance(model, OffPolicyAlgorithm):
        # Each checkpoint holds the replay buffer; nothing will go on from these.
        checkpoint.prune(lesson.checkpoints, keep=1, best=best)
    return hashlib.sha256((lesson.folder / POLICY).read_bytes()).hexdigest()


def _log_interval(model: BaseAlgorithm, lesson: Lesson) -> int:
    """About a hundred rows a run: in rollouts on-policy, in episodes off-policy."""
    if isinstance(model, OffPolicyAlgorithm):
        return max(model.n_envs, lesson.train.steps // (_LOG_ROWS * lesson.env.episode_len))
    rollout = int(getattr(model, "n_steps", 1)) * model.n_envs
    return max(1, lesson.train.steps // (_LOG_ROWS * rollout))


@contextmanager
def one_thread() -> Iterator[None]:
    """Torch on one thread: sums in one order, and one core a run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def train_one(shared: dict[str, Any], task: dict[str, Any], report: Report) -> dict[str, Any]:
    """Target of `quantrl.backtest.Executor`: one run, which ends at its next checkpoint once it is asked to.

    Parameters
    ----------
    shared, task : dict
        Of `_handover.shared_of` and `_handover.task_of`.
    report : callable
        Receives each row of ``progress.csv``.
    """
    from quantrl.agents.sharpe_portfolio.training._handover import lesson_of

    stop = Path(shared["folder"]) / STOP
    # The executor asks a process to end by SIGTERM; an update cut in two could not be gone on with.
    with asked_to_stop(stop, signal.SIGTERM):
        if stop.exists():
            return {"status": "interrupted", "steps": 0, "validations": [], "best": None}
        return run_lesson(lesson_of(shared, task), report, stop.exists)
