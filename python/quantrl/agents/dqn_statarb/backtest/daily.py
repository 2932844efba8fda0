"""Net daily returns of an account as a contest reads them: ``recorded:RUN``."""

from __future__ import annotations

from pathlib import Path

from quantrl.agents.dqn_statarb.backtest.result import PairResult
from quantrl.selection.recorded import DAILY


def write_daily(folder: Path, result: PairResult) -> Path:
    """Write ``time`` (ns UTC, the last decision of each day is over) and ``net`` aside and rename it.

    See `quantrl.selection.recorded.read_recorded`.
    """
    target, aside = folder / DAILY, folder / f".{DAILY}.partial"
    result.daily.write_parquet(aside)
    aside.replace(target)
    return target
