"""Of robust training: four agents, compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.cli.training import ending, study

if TYPE_CHECKING:
    from rich.table import Table

PRESET = "robust"


def _load() -> tuple[Callable[..., Any], Callable[..., Path], Callable[[Any], str]]:
    from quantrl.agents.dqn_statarb.robust.page import page
    from quantrl.agents.dqn_statarb.robust.study import robust_study, study_folder

    return robust_study, study_folder, page


def _tell(results: Mapping[str, Any]) -> tuple[list[str | Table], dict[str, Any]]:
    from quantrl.agents.dqn_statarb.robust.study import verdicts

    found = {"rounds": len(results["rounds"]), "agents": results["agents"]}
    return [_table(results), *verdicts(dict(results))], found


def _table(results: Mapping[str, Any]) -> Table:
    pair = results["pair"]
    return ending.table(
        f"{pair['venue']}, kappa dt {pair['kappa_dt']:g}, cost {pair['cost']:g} s",
        ("agent", "share, nominal", "share, worst", "Sharpe, nominal", "Sharpe, worst"),
        (
            (
                name,
                f"{row['nominal']['ratio']:.3f}",
                f"{row['worst']['ratio']:+.3f}",
                f"{row['nominal']['sharpe']:.3f}",
                f"{row['worst_sharpe']['sharpe']:+.3f}",
            )
            for name, row in results["agents"].items()
        ),
    )


start = partial(study.start, PRESET, _load, _tell)
"""See `study.start`."""
