"""Of a study of ways to explore: what is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.cli.training import ending, study

if TYPE_CHECKING:
    from rich.table import Table

PRESET = "explore"


def _load() -> tuple[Callable[..., Any], Callable[..., Path], Callable[[Any], str]]:
    from quantrl.agents.dqn_statarb.exploring.page import page
    from quantrl.agents.dqn_statarb.exploring.study import exploration_study, study_folder

    return exploration_study, study_folder, page


def _tell(results: Mapping[str, Any]) -> tuple[list[str | Table], dict[str, Any]]:
    return [_table(results)], {"explorers": results["explorers"]}


def _table(results: Mapping[str, Any]) -> Table:
    pair = results["pair"]
    return ending.table(
        f"{pair['venue']}, kappa dt {pair['kappa_dt']:g}, cost {pair['cost']:g} s",
        ("explorer", "final share", "95 % interval", "area", "95 % interval of area"),
        ((name, *_cells(row["final"]), *_cells(row["area"])) for name, row in results["explorers"].items()),
    )


def _cells(found: Mapping[str, Any]) -> tuple[str, str]:
    if found["iqm"] is None:
        return "none", ""
    return f"{found['iqm']:.3f}", f"{found['low']:.3f} to {found['high']:.3f}"


start = partial(study.start, PRESET, _load, _tell)
"""See `study.start`."""
