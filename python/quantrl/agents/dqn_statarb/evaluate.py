"""What the policies of a run are worth beside the optimum, rules and luck, on paths no training has seen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl import metrics
from quantrl.agents._training import folder as folders
from quantrl.agents._training.files import SPEC_FILE
from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb.baselines import Switching, control, random_matched, rule_worth, rules
from quantrl.agents.dqn_statarb.policy import PairPolicy, load_policy
from quantrl.agents.dqn_statarb.train import POLICY_FOLDER, pair_of
from quantrl.agents.dqn_statarb.truth import ou_optimum
from quantrl.agents.dqn_statarb.value import Control, Worth, worth
from quantrl.envs import PairConfig
from quantrl.errors import RunError
from quantrl.rng import generator
from quantrl.runs import write_json

if TYPE_CHECKING:
    from rich.table import Table

RESULTS = "results.json"
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
        from quantrl.agents.dqn_statarb.showing import table

        return table(self.results)


def evaluate(
    run: str | Path,
    *,
    n_envs: int = 256,
    decisions: int = 4096,
    seed: int = 0,
    progress: Progress | None = None,
    command: str = "TrainRun.evaluate",
) -> EvalReport:
    """Judge a run's policies by conditional means, all on the same paths, and write ``results.json``.

    Parameters
    ----------
    run : path
        Run folder, trained to the end.
    n_envs, decisions : int
        Paths and counted decisions on each.
    seed : int
        Of the paths; they are not those of any training or validation.
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
    paths = int(generator(seed, 4, "check").integers(2**62))
    how: dict[str, Any] = {"n_envs": n_envs, "decisions": decisions, "seed": paths}
    jobs, beside = len(policies) + 1, control(pair, **how)
    seeds = []
    for done, (number, policy) in enumerate(policies.items()):
        _tell(progress, done, jobs, f"seed {number}")
        seeds.append({"seed": number, **_row(worth(policy.act, pair, **how), pair, beside)})
    _tell(progress, jobs - 1, jobs, "baselines")
    deployed = load_policy(folder / POLICY_FOLDER) if policies else None
    own, others = _beside(deployed, pair, beside, how)
    results: dict[str, Any] = {
        "schema": 1,
        "agent": "dqn_statarb",
        "run": known["id"],
        "command": command,
        "train_command": known["command"],
        "pair": known["pair"],
        "pair_id": known["market_id"],
        "train": known["train"],
        "trials": known.get("trials"),
        "paths": {"n_envs": n_envs, "decisions": decisions, "seed": seed},
        "optimum": _optimum(pair),
        "runs": known["runs"],
        "seeds": seeds,
        "deployed": own,
        "baselines": others,
        "ratio": _pooled([row["ratio"] for row in seeds if row["ratio"] is not None]),
    }
    write_json(folder / RESULTS, results)
    return EvalReport(results, folder / RESULTS)


def _slot(folder: Path, seed: int) -> Path | None:
    found = Slot.below(folder, 0, seed).folder
    return found if (found / SPEC_FILE).is_file() else None


def _tell(progress: Progress | None, done: int, total: int, note: str) -> None:
    if progress is not None:
        progress(done, total, note)


def _beside(
    deployed: PairPolicy | None, pair: PairConfig, beside: Control | None, how: dict[str, Any]
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """The mean of all seeds, and every baseline on the same paths."""
    own, others = None, []
    if deployed is not None:
        switching = Switching(pair.n_actions)
        own = _row(worth(deployed.act, pair, **how, observe=switching), pair, beside)
        luck = random_matched(switching, pair, decisions=how["decisions"], seed=how["seed"])
        others.append({"name": "random_matched", **_row(luck, pair, None)})
    for name, rule in rules(pair).items():
        others.append(
            {
                "name": name,
                "rule": rule.name,
                "numbers": [x if x < float("inf") else None for x in rule.numbers],
                **_row(rule_worth(rule, pair, **how), pair, beside),
            }
        )
    return own, others


def _row(found: Worth, pair: PairConfig, beside: Control | None) -> dict[str, Any]:
    """Per kappa s, or per s where nothing reverts; corrected by what the optimal rule met on the same spreads."""
    unit = pair.kappa_dt or 1.0
    best = _optimum(pair)
    mean, se = (found.expected, found.se) if beside is None else beside.corrected(found)
    value = mean / unit
    return {
        "value": value,
        "se": se / unit,
        "raw": found.expected / unit,
        "earned": found.earned / unit,
        "cost": found.cost / unit,
        "ratio": value / best["value"] if best else None,
        "turnover": found.turnover,
        "traded": found.traded if found.traded == found.traded else None,
    }


def _optimum(pair: PairConfig) -> dict[str, float] | None:
    if pair.kappa_dt == 0:
        return None
    best = ou_optimum(pair.kappa_dt, pair.cost)
    return {"value": best.value, "threshold": best.threshold}


def _pooled(ratios: Sequence[float]) -> dict[str, Any] | None:
    if not ratios:
        return None
    found = metrics.iqm(ratios)
    return {"iqm": found.value, "low": found.low, "high": found.high, "worst": min(ratios), "n": len(ratios)}
