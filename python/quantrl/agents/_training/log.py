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
Columns = dict[str, tuple[str, ...]]
"""Columns of ``progress.csv`` after ``steps``, each with the names Stable-Baselines3 has for it."""


class ProgressLog(sb3.KVWriter):
    """Appends to ``progress.csv`` and tells the parent.

    Parameters
    ----------
    path : Path
        The file; rows after `steps` are cut off, as a resumed run writes them again.
    columns : dict
        `Columns`.
    steps : int
        Steps done when the log opens.
    report : callable
        Called with each row.
    """

    def __init__(self, path: Path, columns: Columns, steps: int, report: Report) -> None:
        self._columns = columns
        rows = [row for row in read_rows(path) if int(row["steps"]) <= steps]
        self._report, self._started, self._start_steps = report, time.perf_counter(), steps
        self._file = path.open("w", encoding="utf-8", newline="")
        self._rows = csv.DictWriter(self._file, ["steps", *columns], extrasaction="ignore")
        self._rows.writeheader()
        self._rows.writerows(rows)

    def write(
        self, key_values: dict[str, Any], key_excluded: dict[str, tuple[str, ...]], step: int = 0
    ) -> None:
        """Write one row; what an algorithm does not have stays empty."""
        row: dict[str, Any] = {"steps": step}
        for column, names in self._columns.items():
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


def open_log(path: Path, tensorboard: Path, columns: Columns, steps: int, report: Report) -> sb3.Logger:
    """A logger for a learner: CSV always, TensorBoard events where it is installed."""
    writers: list[sb3.KVWriter] = [ProgressLog(path, columns, steps, report)]
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
