"""One run of a training, as a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from quantrl.agents._training.log import Report
from quantrl.agents._training.loop import run_until_stopped
from quantrl.agents.sharpe_portfolio.training._handover import lesson_of


def train_one(shared: dict[str, Any], task: dict[str, Any], report: Report) -> dict[str, Any]:
    """Target of `quantrl.backtest.Executor`: one run, which ends at its next checkpoint once it is asked to.

    Parameters
    ----------
    shared, task : dict
        Of `_handover.shared_of` and `_handover.task_of`.
    report : callable
        Receives each row of ``progress.csv``.
    """
    return run_until_stopped(Path(shared["folder"]), lambda: lesson_of(shared, task), report)
