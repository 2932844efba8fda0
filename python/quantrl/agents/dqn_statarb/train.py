"""From the settings of a pair to a run folder of trained policies: every seed a process, each trial in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training import folder as folders
from quantrl.agents._training.files import SPEC_FILE
from quantrl.agents._training.log import Report
from quantrl.agents._training.loop import run_until_stopped
from quantrl.agents._training.run import go
from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb.config import StatArbTrain
from quantrl.agents.dqn_statarb.doubts import doubts
from quantrl.agents.dqn_statarb.lesson import Lesson
from quantrl.agents.dqn_statarb.plan import AGENT, Plan
from quantrl.envs import PairConfig
from quantrl.errors import ConfigError, RunError
from quantrl.runs import TrialLedger

if TYPE_CHECKING:
    from quantrl.agents.dqn_statarb.evaluate import EvalReport
    from quantrl.agents.dqn_statarb.policy import PairPolicy


POLICY_FOLDER = "policy"
"""Of a run folder: the policies of all seeds as one."""


@dataclass(frozen=True)
class TrainRun:
    """A run folder of trained policies.

    Attributes
    ----------
    path : Path
    root : Path
        Folder of ``trials.jsonl``.
    """

    path: Path
    root: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """Contents of ``manifest.json``."""
        return folders.manifest(self.path)

    @property
    def doubts(self) -> list[str]:
        """What the training says against itself: see `quantrl.agents.dqn_statarb.doubts.doubts`."""
        known = self.manifest
        return doubts(self.path, StatArbTrain(**known["train"]), known["seeds"])

    def evaluate(self, **options: Any) -> EvalReport:
        """Against the optimum and the baselines: see `quantrl.agents.dqn_statarb.evaluate.evaluate`."""
        from quantrl.agents.dqn_statarb.evaluate import evaluate

        return evaluate(self.path, **options)

    def policy(self, seed: int | None = None) -> PairPolicy:
        """The policies of all seeds, deciding by the mean of their values, or that of one seed; needs no torch."""
        from quantrl.agents.dqn_statarb.policy import load_policy

        return load_policy(
            self.path / POLICY_FOLDER if seed is None else Slot.below(self.path, 0, seed).folder
        )


def train_pair(
    pair: PairConfig,
    train: StatArbTrain | None = None,
    *,
    out: str | Path | None = None,
    root: str | Path = "runs",
    name: str = AGENT,
    after: Path | None = None,
    command: str = "DqnStatArb.train",
    quiet: bool = False,
) -> TrainRun:
    """Train every seed into a run folder; one of the same id that was interrupted goes on.

    Parameters
    ----------
    pair : PairConfig
    train : StatArbTrain, optional
    out : path, optional
        Run folder; by default ``root/<id>``.
    root : path
        Folder of runs and of ``trials.jsonl``.
    name, command
        For id, config and manifest.
    after : path, optional
        Of a warm start: the run folder whose networks each seed begins with.
    quiet : bool
        No progress.

    Returns
    -------
    TrainRun
        A finished run of the same id is returned as it is: it would come out the same.

    Raises
    ------
    ConfigError
        Settings that do not fit, `after` without ``warm`` or the reverse; nothing is written then.
    RunError
        The folder is another run's, or in use.
    KeyboardInterrupt
        Ctrl-C: checkpoints are written, and the same call goes on.
    """
    settings = train or StatArbTrain()
    if settings.warm != (after is not None):
        raise ConfigError("train.warm: a warm start needs a window before it; expected preset rolling")
    plan = Plan(ready(pair, settings), settings, name, after)
    folder = Path(root) / plan.id if out is None else Path(out)
    if not folders.finished(folder, plan.id):
        _go(plan, plan.id, folder, TrialLedger(root), command, quiet=quiet)
    return TrainRun(folder, Path(root))


def ready(pair: PairConfig, train: StatArbTrain) -> PairConfig:
    """The pair as it is trained on: for ``qr_cvar`` with the first stocks of a pilot, unless they are given; for
    ``ddqn_all`` with what every action would have earned.

    Raises
    ------
    ConfigError
        An algorithm that the pair's objective does not go with.
    """
    if train.algo == "ddqn_all":
        pair = pair.replace(counterfactual=True)
    train.discount(pair)
    if train.algo != "qr_cvar" or pair.stock is not None:
        return pair
    from quantrl.agents.dqn_statarb.risk.pilot import with_first_stocks

    return with_first_stocks(pair)


def resume(
    folder: Path, *, root: str | Path = "runs", jobs: int | None = None, quiet: bool = False
) -> TrainRun:
    """Go on with a run that was interrupted, with the settings in its manifest.

    Raises
    ------
    DataError
        A checkpoint that is damaged or does not fit.
    RunError
        No training run of this agent.
    KeyboardInterrupt
        As in `train_pair`.
    """
    known = folders.manifest(folder)
    if known.get("agent") != AGENT:
        raise RunError(f"{folder}: agent: expected {AGENT}, got {known.get('agent')!r}")
    train = StatArbTrain(**known["train"])
    after = known.get("after")
    plan = Plan(
        pair_of(known["pair"]),
        train if jobs is None else train.replace(jobs=jobs),
        known["name"],
        None if after is None else Path(after),
    )
    if known["status"] != "done":
        _go(plan, known["id"], folder, TrialLedger(root), known["command"], quiet=quiet)
    return TrainRun(folder, Path(root))


def _go(plan: Plan, run: str, folder: Path, ledger: TrialLedger, command: str, *, quiet: bool) -> None:
    """Train, and put the policies of all seeds together into one."""
    from quantrl.agents.dqn_statarb.export import combine_policies

    go(plan, run, folder, ledger, command, quiet=quiet)
    trained = [slot.folder for slot in plan.slots(folder) if (slot.folder / SPEC_FILE).is_file()]
    if trained:
        combine_policies(trained, folder / POLICY_FOLDER)


def train_one(shared: dict[str, Any], seed: int, report: Report) -> dict[str, Any]:
    """Target of `quantrl.backtest.Executor`: the run of one seed."""
    folder, after = Path(shared["folder"]), shared["after"]

    def lesson() -> Lesson:
        slot = Slot.below(folder, 0, seed)
        train = StatArbTrain(**shared["train"])
        return Lesson(pair_of(shared["pair"]), train, slot, None if after is None else Path(after))

    return run_until_stopped(folder, lesson, report)


def pair_of(dump: Mapping[str, Any]) -> PairConfig:
    """Settings from JSON or TOML, whose lists are the tuples they were.

    Raises
    ------
    ConfigError
        An unknown field or a value out of range.
    """
    return PairConfig.of(**{k: tuple(v) if isinstance(v, list) else v for k, v in dump.items()})
