"""How a run reaches a process of its own: settings as plain values, and a market in a file that ends before the test."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from quantrl.agents._training.slot import Slot
from quantrl.agents.sharpe_portfolio.training.config import TrainConfig
from quantrl.agents.sharpe_portfolio.training.lesson import Lesson, Rows
from quantrl.data.sealed import frozen
from quantrl.envs import Market, PortfolioConfig

_ARRAYS = ("features", "cc", "co", "oc", "can_buy", "can_sell", "first", "time")


def write_market(path: Path, market: Market) -> None:
    """Write the arrays of a market; nothing in the file is a pickle."""
    arrays = {name: getattr(market, name) for name in _ARRAYS}
    known = {name: value for name, value in arrays.items() if value is not None}
    with path.open("wb") as file:
        np.savez(
            file,
            instruments=np.array(market.instruments),
            columns=np.array(market.columns),
            periods_per_year=market.periods_per_year,
            **known,
        )


@lru_cache(maxsize=1)
def read_market(path: str) -> Market:
    """The market of `write_market`; the newest one is kept, as the seeds of a fold follow one another."""
    with np.load(path, allow_pickle=False) as found:
        arrays: dict[str, Any] = {
            name: frozen(found[name], found[name].dtype) if name in found else None for name in _ARRAYS
        }
        return Market(
            instruments=tuple(found["instruments"].tolist()),
            columns=tuple(found["columns"].tolist()),
            periods_per_year=float(found["periods_per_year"]),
            **arrays,
        )


def shared_of(folder: Path, env: PortfolioConfig, train: TrainConfig) -> dict[str, Any]:
    """What all runs have in common, as plain values."""
    return {
        "folder": str(folder),
        "env": env.model_dump(mode="json"),
        "train": train.model_dump(mode="json"),
    }


def task_of(slot: Slot, rows: Rows, market: Path) -> dict[str, Any]:
    """What one run has of its own, as plain values."""
    return {
        "market": str(market),
        "train": rows.train,
        "validation": rows.validation,
        "test_start": rows.test_start,
        "fold": slot.fold,
        "seed": slot.seed,
        "folder": str(slot.folder),
    }


def lesson_of(shared: dict[str, Any], task: dict[str, Any]) -> Lesson:
    """The run that `shared_of` and `task_of` describe."""
    return Lesson(
        market=read_market(task["market"]),
        rows=Rows(tuple(task["train"]), tuple(task["validation"]), task["test_start"]),
        env=PortfolioConfig.of(**tuples(shared["env"])),
        train=TrainConfig(**shared["train"]),
        slot=Slot(task["fold"], task["seed"], Path(task["folder"])),
    )


def tuples(dump: dict[str, Any]) -> dict[str, Any]:
    """JSON lists as the tuples they were."""
    return {key: tuple(value) if isinstance(value, list) else value for key, value in dump.items()}
