"""``quantrl evaluate``: judge trained policies out of sample, beside controls and baselines."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.evaluation.evaluate import EvalReport

Runs = Annotated[
    list[str], typer.Argument(metavar="RUN", help="Training run, or its id below --runs; may be repeated.")
]
Costs = Annotated[
    str, typer.Option("--costs", metavar="BPS,...", help="Basis points a side of the cost sweep.")
]
Page = Annotated[
    Path | None,
    typer.Option("--page", metavar="FILE", help="Write the results page of all RUNs as Markdown."),
]
Audit = Annotated[
    Path | None,
    typer.Option("--audit", metavar="FILE", help="Markdown on the released artefacts, to close the page."),
]
Reuse = Annotated[
    bool, typer.Option("--reuse", help="Read results.json where a RUN has one instead of evaluating again.")
]
Draws = Annotated[int, typer.Option("--draws", min=1, help="Shuffles, and draws of noise.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of controls and bootstrap.")]
Bootstrap = Annotated[int, typer.Option("--bootstrap", min=1, help="Replicates of every interval.")]


def command(
    runs: Runs,
    costs: Costs = "0,10,25,50",
    page: Page = None,
    audit: Audit = None,
    reuse: Reuse = False,
    draws: Draws = 200,
    bootstrap: Bootstrap = 5000,
    seed: Seed = 0,
    as_json: options.Json = False,
    root: options.RunsRoot = Path("runs"),
) -> None:
    """Judge the policies of a training run on dates they never saw: controls, baselines, costs, trials."""
    from quantrl.cli import pairs

    output = Output(as_json)
    agents = {pairs.agent_of(run, root) for run in runs}
    if "dqn_statarb" in agents:
        if len(agents) > 1 or audit is not None:
            raise ConfigError("evaluate: expected runs of one agent, and --audit only with sharpe_portfolio")
        pairs.judge(runs, output, root=root, page=page, reuse=reuse, seed=seed)
        return
    how: dict[str, Any] = {
        "costs_bps": basis_points(costs),
        "draws": draws,
        "bootstrap": bootstrap,
        "seed": seed,
    }
    section = None if audit is None else _text(audit)
    reports = [_report(run, root, how, reuse=reuse, quiet=as_json) for run in runs]
    for report in reports:
        output.say(report.table(), f"results: {report.path}")
    if page is not None:
        _write(page, reports, section)
        output.say(f"page: {page}")
    # The series and the rows per seed are in the file; one object on a line is for figures.
    kept = [{k: v for k, v in report.results.items() if k != "series"} for report in reports]
    first = reports[0].path
    output.finish(
        {"results": kept[0] if len(kept) == 1 else kept},
        run=None if first is None else first.parent,
        report=page,
    )


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
    from quantrl.cli.progress import bar
    from quantrl.runs import open_run

    folder = open_run(run, root=root)
    if reuse and (folder.path / RESULTS).is_file():
        return EvalReport(folder.json(RESULTS), folder.path / RESULTS)
    with bar(quiet=quiet) as progress:
        task = progress.add_task(f"evaluate {folder.path.name}", total=None, note="")

        def show(done: int, total: int, note: str) -> None:
            progress.update(task, completed=done, total=total, note=note)

        return evaluate(folder.path, root=root, progress=show, command=_command(run, how), **how)


def _command(run: str, how: dict[str, Any]) -> str:
    words = [
        "quantrl",
        "evaluate",
        Path(run).name,
        "--costs",
        ",".join(f"{bps:g}" for bps in how["costs_bps"]),
    ]
    for name, default in (("draws", 200), ("bootstrap", 5000), ("seed", 0)):
        if how[name] != default:
            words += [f"--{name}", str(how[name])]
    return shlex.join(words)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None


def _write(page: Path, reports: list[EvalReport], audit: str | None) -> None:
    from quantrl.agents.sharpe_portfolio.evaluation.page import results_page

    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(results_page([report.results for report in reports], audit), encoding="utf-8")
