"""What the policies of a run are worth beside the optimum, rules and luck, on paths no training has seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training import folder as folders
from quantrl.agents._training.files import SPEC_FILE
from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb import simulated
from quantrl.agents.dqn_statarb.backtest.daily import write_daily
from quantrl.agents.dqn_statarb.config import StatArbTrain
from quantrl.agents.dqn_statarb.doubts import doubts
from quantrl.agents.dqn_statarb.policy import PairPolicy, load_policy
from quantrl.agents.dqn_statarb.replay.evaluate import judged
from quantrl.agents.dqn_statarb.risk import judge as risk
from quantrl.agents.dqn_statarb.sweep import sweep as sweep_of
from quantrl.agents.dqn_statarb.sweep import theta_grid as grid_of
from quantrl.agents.dqn_statarb.train import POLICY_FOLDER, pair_of
from quantrl.envs import PairConfig
from quantrl.envs.pair.config import TAPED
from quantrl.errors import CapitalError, RunError
from quantrl.rng import generator
from quantrl.runs import write_json
from quantrl.selection.recorded import DAILY

if TYPE_CHECKING:
    from rich.table import Table

RESULTS = "results.json"
SWEEP, GRID = "sweep", "theta_grid"
LATENCY_DRAWS = 4
"""Environments that meet recorded books, each with latencies of its own."""
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class EvalReport:
    """Contents of ``results.json``.

    Attributes
    ----------
    results : dict
        ``pair``, ``optimum`` (value per kappa s and threshold in s), ``seeds``, ``deployed``, ``baselines`` (each with
        value, se, ratio, cost, turnover and traded share) and ``ratio``: the interquartile mean over seeds with its 95 %
        interval, and the worst seed.
    path : Path, optional
    """

    results: dict[str, Any]
    path: Path | None = None

    def table(self) -> Table:
        """Ratio to the optimum, policies first; prints with rich."""
        if self.results["pair"].get("objective") == "cvar":
            from quantrl.agents.dqn_statarb.risk.showing import table
        elif self.results["pair"]["venue"] in TAPED:
            from quantrl.agents.dqn_statarb.replay.showing import table
        else:
            from quantrl.agents.dqn_statarb.showing import table
        return table(self.results)


def evaluate(
    run: str | Path,
    *,
    n_envs: int = 256,
    decisions: int = 4096,
    seed: int = 0,
    sweep: bool = False,
    theta_grid: bool = False,
    progress: Progress | None = None,
    command: str = "TrainRun.evaluate",
) -> EvalReport:
    """Judge a run's policies by conditional means, all on the same paths, and write ``results.json``.

    Beside it ``daily.parquet``: net daily returns of one account that all seeds decide for together, on the test part of
    recorded books or on a path of simulated ones, with which a contest reads the run as ``recorded:RUN``.

    Parameters
    ----------
    run : path
        Run folder, trained to the end.
    n_envs, decisions : int
        Paths and counted decisions on each.
    seed : int
        Of the paths; they are not those of any training or validation.
    sweep, theta_grid : bool
        Also trade other fees, latencies and queue models, and the corners of the box of robust training; see
        `quantrl.agents.dqn_statarb.sweep`.
    progress : callable, optional
        Called with (done, total, note).

    Raises
    ------
    RunError
        No such training, or one that has not ended.
    DataError
        A policy that was changed.
    """
    folder = Path(run)
    known = folders.manifest(folder)
    if known.get("agent") != "dqn_statarb" or known["status"] != "done":
        raise RunError(f"{folder}: expected a finished training of dqn_statarb, got {known['status']}")
    pair = pair_of(known["pair"])
    policies = {n: load_policy(p) for n in known["seeds"] if (p := _slot(folder, n)) is not None}
    how: dict[str, Any] = {
        "seed": int(generator(seed, 4, "check").integers(2**62)),
        "progress": progress,
        "command": command,
    }
    if pair.objective == "cvar":
        report = _sessions(folder, known, policies, pair, **how)
    elif pair.has_tape:
        report = _recorded(folder, known, policies, pair, **how)
    else:
        paths = {"n_envs": n_envs, "decisions": decisions, "seed": seed}
        report = _simulated(folder, known, policies, pair, paths=paths, **how)
    asked = {
        name: make for name, make, wanted in ((SWEEP, sweep_of, sweep), (GRID, grid_of, theta_grid)) if wanted
    }
    if asked and policies:
        deployed = load_policy(folder / POLICY_FOLDER)
        for name, make in asked.items():
            told = partial(_tell, progress, 0, 0)
            report.results[name] = make(deployed, seed=how["seed"], told=told)
        write_json(folder / RESULTS, report.results)
    return report


def _simulated(
    folder: Path,
    known: dict[str, Any],
    policies: dict[int, PairPolicy],
    pair: PairConfig,
    *,
    paths: dict[str, int],
    seed: int,
    progress: Progress | None,
    command: str,
) -> EvalReport:
    """In a world whose optimum is known."""
    jobs, done = len(policies) + 1, iter(range(len(policies) + 1))
    deployed = load_policy(folder / POLICY_FOLDER) if policies else None
    found = simulated.judged(
        policies,
        deployed,
        pair,
        told=lambda note: _tell(progress, next(done), jobs, note),
        n_envs=paths["n_envs"],
        decisions=paths["decisions"],
        seed=seed,
    )
    results = {**_header(folder, known, command), "paths": paths, **found}
    return _written(folder, results, deployed, seed)


def _recorded(
    folder: Path,
    known: dict[str, Any],
    policies: dict[int, PairPolicy],
    pair: PairConfig,
    *,
    seed: int,
    progress: Progress | None,
    command: str,
) -> EvalReport:
    """On the test part of recorded books: there is no optimum, only rules and luck."""
    jobs, done = len(policies) + 1, iter(range(len(policies) + 1))
    deployed = load_policy(folder / POLICY_FOLDER) if policies else None
    found = judged(
        policies,
        deployed,
        pair,
        n_envs=LATENCY_DRAWS,
        seed=seed,
        told=lambda note: _tell(progress, next(done), jobs, note),
    )
    results = {**_header(folder, known, command), **found, "optimum": None, "ratio": None}
    return _written(folder, results, deployed, seed)


def _written(folder: Path, results: dict[str, Any], deployed: PairPolicy | None, seed: int) -> EvalReport:
    if deployed is not None:
        try:
            write_daily(folder, deployed.backtest(seed=seed))
        except CapitalError as error:  # there are no returns to keep
            (folder / DAILY).unlink(missing_ok=True)
            results["daily"] = str(error)
    write_json(folder / RESULTS, results)
    return EvalReport(results, folder / RESULTS)


def _sessions(
    folder: Path,
    known: dict[str, Any],
    policies: dict[int, PairPolicy],
    pair: PairConfig,
    *,
    seed: int,
    progress: Progress | None,
    command: str,
) -> EvalReport:
    """Where sessions close: their mean and their tail, for policies and rules."""
    n, draws = risk.count(pair)
    jobs, done = len(policies) + 1, iter(range(len(policies) + 1))
    deployed = load_policy(folder / POLICY_FOLDER) if policies else None
    found = risk.judged(
        policies,
        deployed,
        pair,
        n=n,
        draws=draws,
        seed=seed,
        told=lambda note: _tell(progress, next(done), jobs, note),
    )
    paths = {"sessions": n, "draws": draws, "seed": seed}
    results = {**_header(folder, known, command), "paths": paths, **found, "optimum": None, "ratio": None}
    write_json(folder / RESULTS, results)
    return EvalReport(results, folder / RESULTS)


def _header(folder: Path, known: dict[str, Any], command: str) -> dict[str, Any]:
    return {
        "schema": 1,
        "agent": "dqn_statarb",
        "run": known["id"],
        "command": command,
        "train_command": known["command"],
        "pair": known["pair"],
        "pair_id": known["market_id"],
        "train": known["train"],
        "trials": known.get("trials"),
        "runs": known["runs"],
        "doubts": doubts(folder, StatArbTrain(**known["train"]), known["seeds"]),
    }


def _slot(folder: Path, seed: int) -> Path | None:
    found = Slot.below(folder, 0, seed).folder
    return found if (found / SPEC_FILE).is_file() else None


def _tell(progress: Progress | None, done: int, total: int, note: str) -> None:
    if progress is not None:
        progress(done, total, note)
