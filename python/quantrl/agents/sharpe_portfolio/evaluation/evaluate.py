"""Walk-forward evaluation of a training run: the figures, the table, the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents.sharpe_portfolio.evaluation.assess import assess
from quantrl.agents.sharpe_portfolio.evaluation.study import Options, steps
from quantrl.runs import TrialLedger, open_run, write_json
from quantrl.typing import JsonObject

if TYPE_CHECKING:
    from rich.console import RenderableType

    from quantrl.data import Panel

RESULTS = "results.json"

Progress = Callable[[int, int, str], None]
"""Steps done, steps in all, and what is being done."""


@dataclass(frozen=True)
class EvalReport:
    """Figures of one evaluation.

    Attributes
    ----------
    results : dict
        Contents of ``results.json``: plain values, None where a figure is undefined.
    path : Path, optional
        Where they were written.
    """

    results: JsonObject
    path: Path | None = None

    def table(self) -> RenderableType:
        """Agent, controls and baselines for a terminal."""
        from quantrl.agents.sharpe_portfolio.evaluation.showing import tables

        return tables(self.results)

    def __rich__(self) -> RenderableType:
        return self.table()

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(width=160, color_system=None)
        with console.capture() as shown:
            console.print(self.table())
        return shown.get()

    def page(self, audit: str | None = None) -> str:
        """The results page of this evaluation alone, as Markdown."""
        from quantrl.agents.sharpe_portfolio.evaluation.page import results_page

        return results_page([self.results], audit)


def evaluate(
    run: str | Path,
    panel: Panel | None = None,
    *,
    root: str | Path | None = None,
    progress: Progress = lambda done, total, note: None,
    command: str | None = None,
    **options: Any,
) -> EvalReport:
    """Judge every policy of a training run on its test segments, beside controls and baselines.

    Parameters
    ----------
    run : str or path
        Run folder, or its id below `root`.
    panel : Panel, optional
        The data it was trained on; loaded as its manifest says if not given.
    root : path, optional
        Folder of ``trials.jsonl``; by default that of the run.
    progress : callable
        Called with steps done, steps in all and a note.
    command : str, optional
        What repeats the evaluation, for the page.
    options
        Those of `evaluation.study.Options`: ``costs_bps``, ``draws``, ``bootstrap``, ``seed``.

    Returns
    -------
    EvalReport
        Also written to ``results.json`` of the run folder.

    Raises
    ------
    RunError
        No training run there.
    DataError
        Data or policies that are not those of the run; returns of different dates.
    ConfigError
        An option out of range.
    """
    from quantrl.agents.sharpe_portfolio.evaluation.loading import load_study

    how = _options(options)
    folder = open_run(run, root="runs" if root is None else root)
    ledger = TrialLedger(folder.path.parent if root is None else root)
    study, origin = load_study(folder, panel, ledger)
    total, done = steps(study, how), 0

    def tick(note: str) -> None:
        nonlocal done
        done += 1
        progress(done, total, note)

    found = {
        **origin,
        "command": command or f"quantrl evaluate {folder.path.name}",
        **assess(study, how, tick),
    }
    path = folder.path / RESULTS
    write_json(path, found)
    return EvalReport(found, path)


def _options(given: dict[str, Any]) -> Options:
    from dataclasses import fields

    from quantrl.errors import ConfigError

    known = [field.name for field in fields(Options)]
    for name in given:
        if name not in known:
            raise ConfigError(f"evaluate: unknown option {name!r}; it has: {', '.join(known)}")
    if "costs_bps" in given:
        given = {**given, "costs_bps": tuple(float(bps) for bps in given["costs_bps"])}
    return Options(**given)
