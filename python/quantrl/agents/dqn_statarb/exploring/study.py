"""Every way to explore, with the same recipe and seeds, on one pair whose optimum is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from quantrl import metrics
from quantrl.agents._training.log import read_rows
from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb.config import StatArbTrain, preset
from quantrl.agents.dqn_statarb.explore import EXPLORERS
from quantrl.agents.dqn_statarb.lesson import pair_id
from quantrl.agents.dqn_statarb.plan import AGENT
from quantrl.agents.dqn_statarb.train import TrainRun, train_pair
from quantrl.envs import PairConfig
from quantrl.errors import ConfigError
from quantrl.runs import run_id, write_json

RESULTS = "explore.json"
Said = Callable[[str], None]


def exploration_study(
    pair: PairConfig,
    train: StatArbTrain | None = None,
    *,
    out: str | Path | None = None,
    root: str | Path = "runs",
    n_envs: int = 256,
    decisions: int = 4096,
    command: str = "exploration_study",
    quiet: bool = False,
    say: Said | None = None,
) -> dict[str, Any]:
    """Train by each of `EXPLORERS`, judge every seed on the same paths, and write ``explore.json``.

    Parameters
    ----------
    pair : PairConfig
        Simulated, with a spread that reverts.
    train : StatArbTrain, optional
        By default preset ``explore``: 20 seeds; its own explorer is not looked at.
    out : path, optional
        Study folder, by default ``root/<id>``; trainings in it that have ended are not repeated.
    root : path
        Folder of ``trials.jsonl``.
    n_envs, decisions : int
        Of the judgement.
    command, quiet
        For manifest and progress.
    say : callable, optional
        Told what is next.

    Returns
    -------
    dict
        Contents of ``explore.json``: of each explorer ``final`` and ``area``, each with every seed's share of the optimum,
        their interquartile mean and its 95 % interval. An area is the mean share over the validations of a training.

    Raises
    ------
    ConfigError
        A pair without a known optimum.
    RunError, KeyboardInterrupt
        As in `train_pair`; an interrupted study goes on when it is called again.
    """
    if pair.has_tape or pair.kappa_dt == 0 or pair.objective != "mean":
        raise ConfigError(
            "pair: expected a simulated spread that reverts, judged by its mean: shares need an optimum"
        )
    settings = train or StatArbTrain(**preset("explore")[1])
    folder = study_folder(pair, settings, out=out, root=root)
    rows = {}
    for name in EXPLORERS:
        if say is not None:
            say(f"training {name}")
        run = train_pair(
            pair,
            settings.replace(explore=name),
            out=folder / name,
            root=root,
            name=f"{folder.name}-{name}",
            command=command,
            quiet=quiet,
        )
        rows[name] = _row(run, n_envs=n_envs, decisions=decisions)
    results = {
        "schema": 1,
        "command": command,
        "pair": pair.model_dump(mode="json"),
        "pair_id": pair_id(pair),
        "train": settings.model_dump(mode="json"),
        "paths": {"n_envs": n_envs, "decisions": decisions},
        "explorers": rows,
    }
    write_json(folder / RESULTS, results)
    return results


def study_folder(
    pair: PairConfig, train: StatArbTrain, *, out: str | Path | None = None, root: str | Path = "runs"
) -> Path:
    """Where a study goes: `out`, or below `root` a name with eight hex digits over settings and code."""
    if out is not None:
        return Path(out)
    settings = train.model_dump(mode="json", exclude={"jobs", "executor", "explore"})
    return Path(root) / run_id(f"{AGENT}-explore", ["explore", settings], pair_id(pair))


def _row(run: TrainRun, **paths: int) -> dict[str, Any]:
    known = run.manifest
    judged = run.evaluate(**paths).results
    areas = [found for seed in known["seeds"] if (found := _area(run.path, seed)) is not None]
    return {
        "run": known["id"],
        "status": [row["status"] for row in known["runs"]],
        "final": _pooled([row["ratio"] for row in judged["seeds"]]),
        "area": _pooled(areas),
    }


def _area(folder: Path, seed: int) -> float | None:
    """Mean share of the optimum over a training's validations, which are evenly spaced."""
    rows = read_rows(Slot.below(folder, 0, seed).folder / "progress.csv")
    shares = [float(row["validation_ratio"]) for row in rows if row["validation_ratio"]]
    return float(np.mean(shares)) if shares else None


def _pooled(shares: Sequence[float]) -> dict[str, Any]:
    if not shares:
        return {"seeds": [], "iqm": None, "low": None, "high": None, "worst": None}
    found = metrics.iqm(shares)
    return {
        "seeds": list(shares),
        "iqm": found.value,
        "low": found.low,
        "high": found.high,
        "worst": min(shares),
    }
