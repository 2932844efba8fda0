"""What a learner reports while it trains: a CSV file, TensorBoard where installed, and a line to the parent."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stable_baselines3.common import logger as sb3

Report = Callable[[dict[str, Any]], None]
COLUMNS: dict[str, tuple[str, ...]] = {
    "fps": ("time/fps",),
    "ep_rew_mean": ("rollout/ep_rew_mean",),
    "ep_len_mean": ("rollout/ep_len_mean",),
    "validation_sharpe": ("validation/sharpe",),
    "approx_kl": ("train/approx_kl", "train/kl_divergence_loss"),
    "clip_fraction": ("train/clip_fraction",),
    "std": ("train/std",),
    "entropy_loss": ("train/entropy_loss",),
    "policy_loss": (
        "train/policy_gradient_loss",
        "train/policy_objective",
        "train/policy_loss",
        "train/actor_loss",
    ),
    "value_loss": ("train/value_loss", "train/critic_loss"),
    "explained_variance": ("train/explained_variance",),
    "ent_coef": ("train/ent_coef",),
    "learning_rate": ("train/learning_rate",),
}
"""Columns of ``progress.csv`` after ``steps``, each with the names Stable-Baselines3 has for it."""


class ProgressLog(sb3.KVWriter):
    """Appends to ``progress.csv`` and tells the parent.

    Parameters
    ----------
    path : Path
        The file; rows after `steps` are cut off, as a resumed run writes them again.
    steps : int
        Steps done when the log opens.
    report : callable
        Called with each row.
    """

    def __init__(self, path: Path, steps: int, report: Report) -> None:
        rows = [row for row in read_rows(path) if int(row["steps"]) <= steps]
        self._report, self._started, self._start_steps = report, time.perf_counter(), steps
        self._file = path.open("w", encoding="utf-8", newline="")
        self._rows = csv.DictWriter(self._file, ["steps", *COLUMNS])
        self._rows.writeheader()
        self._rows.writerows(rows)

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Write one row; what an algorithm does not have stays empty."""
        row: dict[str, Any] = {"steps": step}
        for column, names in COLUMNS.items():
            known = [key_values[name] for name in names if name in key_values]
            row[column] = _plain(known[0]) if known else None
        elapsed = time.perf_counter() - self._started
        row["fps"] = round((step - self._start_steps) / max(elapsed, 1e-9))
        self._rows.writerow(row)
        self._file.flush()
        self._report(row)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_log(path: Path, tensorboard: Path, steps: int, report: Report) -> sb3.Logger:
    """A logger for a learner: CSV always, TensorBoard events where it is installed."""
    writers: list[sb3.KVWriter] = [ProgressLog(path, steps, report)]
    if getattr(sb3, "SummaryWriter", None) is not None:
        writers.append(sb3.TensorBoardOutputFormat(str(tensorboard)))
    return sb3.Logger(folder=None, output_formats=writers)


def losses_finite(logger: sb3.Logger) -> bool:
    """Whether every number of the last update is finite; a share of variance may be undefined."""
    losses = {key: value for key, value in logger.name_to_value.items() if "loss" in key}
    return all(math.isfinite(float(value)) for value in losses.values())


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a ``progress.csv``; none where there is no such file."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if (row.get("steps") or "").isdecimal()]


def _plain(value: Any) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None
