"""From the command line to evaluations of `sharpe_portfolio`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.cli.console import Output
from quantrl.cli.evaluation.reports import Show, conclude, report_of
from quantrl.errors import ConfigError, DataError
from quantrl.runs import open_run

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.evaluation.evaluate import EvalReport

_DEFAULTS = {"draws": 200, "bootstrap": 5000, "seed": 0}


def judge(
    runs: Sequence[str],
    output: Output,
    how: dict[str, Any],
    *,
    root: Path,
    page: Path | None,
    audit: Path | None,
    reuse: bool,
) -> None:
    """Evaluate training runs, print a table each, and write the results page of all of them.

    Raises
    ------
    DataError
        The file of the audit cannot be read.
    """
    section = None if audit is None else _text(audit)
    reports = [_report(run, root, how, reuse=reuse, quiet=output.as_json) for run in runs]
    from quantrl.agents.sharpe_portfolio.evaluation.page import results_page

    # The series and the rows per seed are in the file; one object on a line is for figures.
    def kept(results: Mapping[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in results.items() if k != "series"}

    conclude(reports, output, page=page, text=lambda found: results_page(found, section), kept=kept)


def basis_points(text: str) -> tuple[float, ...]:
    """``0,10,25`` as numbers.

    Raises
    ------
    ConfigError
        Something that is no number of at least 0.
    """
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f"--costs: expected basis points such as 0,10,25,50, got {text!r}") from None
    return found


def _report(run: str, root: Path, how: dict[str, Any], *, reuse: bool, quiet: bool) -> EvalReport:
    from quantrl.agents.sharpe_portfolio.evaluation.evaluate import RESULTS, EvalReport, evaluate

    folder = open_run(run, root=root)

    def make(show: Show) -> EvalReport:
        return evaluate(folder.path, root=root, progress=show, command=_command(run, how), **how)

    return report_of(folder, RESULTS, reuse=reuse, quiet=quiet, read=EvalReport, make=make)


def _command(run: str, how: dict[str, Any]) -> str:
    costs = ",".join(f"{bps:g}" for bps in how["costs_bps"])
    words = ["quantrl", "evaluate", Path(run).name, "--costs", costs]
    for name, default in _DEFAULTS.items():
        if how[name] != default:
            words += [f"--{name}", str(how[name])]
    return shlex.join(words)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
