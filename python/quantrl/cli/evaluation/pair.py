"""From the command line to evaluations of `dqn_statarb`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.agents._training.extra import needed
from quantrl.cli.console import Output
from quantrl.cli.evaluation.reports import Show, conclude, report_of
from quantrl.runs import open_run

if TYPE_CHECKING:
    from quantrl.agents.dqn_statarb.evaluate import EvalReport


def judge(
    runs: Sequence[str],
    output: Output,
    *,
    root: Path,
    page: Path | None,
    reuse: bool,
    seed: int,
    sweep: bool = False,
    theta_grid: bool = False,
) -> None:
    """Evaluate training runs, print a table each, and write the results page of all of them."""
    asked = {"sweep": sweep, "theta_grid": theta_grid}
    reports = [_report(run, root, asked, reuse=reuse, seed=seed, quiet=output.as_json) for run in runs]
    from quantrl.agents.dqn_statarb.page import results_page
    from quantrl.agents.dqn_statarb.sweep_page import tables

    for report in reports:
        output.say(*tables(report.results))
    conclude(reports, output, page=page, text=results_page)


def _report(
    run: str, root: Path, asked: dict[str, bool], *, reuse: bool, seed: int, quiet: bool
) -> EvalReport:
    with needed():
        from quantrl.agents.dqn_statarb.evaluate import RESULTS, EvalReport, evaluate
    folder = open_run(run, root=root)
    words = ["quantrl", "evaluate", Path(run).name, *([] if seed == 0 else ["--seed", str(seed)])]
    words += [f"--{name.replace('_', '-')}" for name, wanted in asked.items() if wanted]
    if reuse and (folder.path / RESULTS).is_file():
        reuse = all(name in folder.json(RESULTS) for name, wanted in asked.items() if wanted)

    def make(show: Show) -> EvalReport:
        return evaluate(folder.path, seed=seed, **asked, progress=show, command=shlex.join(words))

    return report_of(folder, RESULTS, reuse=reuse, quiet=quiet, read=EvalReport, make=make)
