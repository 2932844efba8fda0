"""Of rolling retraining: what is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.cli.training import ending, study

if TYPE_CHECKING:
    from rich.table import Table

PRESET = "rolling"


def _load() -> tuple[Callable[..., Any], Callable[..., Path], Callable[[Any], str]]:
    from quantrl.agents.dqn_statarb.rolling.page import page
    from quantrl.agents.dqn_statarb.rolling.study import rolling_study, study_folder

    return rolling_study, study_folder, page


def _tell(results: Mapping[str, Any]) -> tuple[list[str | Table], dict[str, Any]]:
    return [_table(results)], {"windows": len(results["windows"]), "answers": results["answers"]}


def _table(results: Mapping[str, Any]) -> Table:
    return ending.table(
        f"{len(results['windows'])} windows, {results['hours']:.2f} judged hours, U an hour",
        ("answer", "net", "95 % interval", "less ignore"),
        (
            (
                name,
                f"{row['net']:+.3f}",
                f"{row['low']:+.3f} to {row['high']:+.3f}",
                f"{row['difference']['net']:+.3f}",
            )
            for name, row in results["answers"].items()
        ),
    )


start = partial(study.start, PRESET, _load, _tell)
"""See `study.start`."""
