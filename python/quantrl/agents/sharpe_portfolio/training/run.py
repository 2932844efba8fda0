"""From a panel to a run folder of trained policies: every fold and seed, as processes, each trial in the ledger."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training import folder as folders
from quantrl.agents._training.run import go
from quantrl.agents.sharpe_portfolio.training._handover import tuples
from quantrl.agents.sharpe_portfolio.training.config import TrainConfig
from quantrl.agents.sharpe_portfolio.training.plan import AGENT, Plan
from quantrl.envs import PortfolioConfig
from quantrl.errors import DataError
from quantrl.runs import TrialLedger

if TYPE_CHECKING:
    from quantrl.data import Panel


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
        return folders.manifest(self.path)

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
    if not folders.finished(folder, plan.id):
        go(plan, plan.id, folder, TrialLedger(root), command, quiet=quiet)
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
    known = folders.manifest(folder)
    env = PortfolioConfig.of(**tuples(known["env"]))
    train = TrainConfig(**known["train"])
    plan = Plan.of(panel, env, train if jobs is None else train.replace(jobs=jobs), known["name"], None)
    plan = replace(plan, data=known["data"]["section"])
    for field, got in (("data.id", plan.data_id), ("market_id", plan.market.id)):
        expected = known["data"]["id"] if field == "data.id" else known["market_id"]
        if got != expected:
            raise DataError(f"{folder}: {field}: expected {expected}, got {got}")
    if known["status"] != "done":
        go(plan, known["id"], folder, TrialLedger(root), known["command"], quiet=quiet)
    return TrainRun(folder, panel, Path(root))
