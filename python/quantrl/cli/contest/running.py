"""From a job to a finished contest folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.cli import page as pages
from quantrl.cli import place
from quantrl.cli.console import Output
from quantrl.cli.contest import watching
from quantrl.cli.exits import INTERRUPTED
from quantrl.cli.job import Job
from quantrl.cli.trials import Trials
from quantrl.runs import new_run
from quantrl.selection import build_contest
from quantrl.selection._interrupts import held_back

if TYPE_CHECKING:
    from quantrl.selection import ContestResult
    from quantrl.typing import JsonObject


def run(job: Job, output: Output, *, out: Path | None, root: Path, threads: int | None, page: bool) -> None:
    """Run the contest, write its folder, and print who is trusted.

    Raises
    ------
    QuantrlError
        Whatever went wrong; no folder is left behind then.
    KeyboardInterrupt
        Ctrl-C before the first decision, or twice while the folder was written: no folder either. Once, the folder
        is finished and the command ends with the code of an interrupt.
    """
    contest = build_contest(job.config, job.panel, threads=threads or 1)
    target = job.folder(out, root)
    place.check(target)
    page = pages.wanted(output, asked=page)
    trials = Trials.start(job, root)
    try:
        result = watching.run(contest, quiet=output.as_json)
        with held_back() as interrupt:
            target = place.final(target, result.status)
            with new_run(target) as aside:
                report = _write(aside, job, result, trials.counts(), page=page, quiet=output.as_json)
            trials.end(result.status, {row["agent"]: row["sharpe"]["value"] for row in report["leaderboard"]})
    except BaseException:
        trials.end("failed", {})
        raise
    _finish(output, result, report, target, page=page, late=interrupt.wanted)


def _write(
    folder: Path, job: Job, result: ContestResult, trials: dict[str, int], *, page: bool, quiet: bool
) -> JsonObject:
    own = {"run": job.id, "command": job.command}
    with watching.stages(3 if page else 2, quiet=quiet) as stage:
        stage("intervals")
        _ = result.accounts.measures
        stage("audit, ledger, decisions")
        report = result.write(folder, config_toml=job.toml, trials=trials, **own)
        if page:
            stage("report.html")
            pages.draw(folder)
        result.seal(folder, **own)
    return report


def _finish(
    output: Output, result: ContestResult, report: JsonObject, target: Path, *, page: bool, late: bool
) -> None:
    from quantrl.cli.contest import showing

    output.say(*showing.summary(report, output.console.width))
    output.say(*(f"data: {flag}" for flag in report["data"]["flags"]))
    where = target / "report.html" if page else None
    output.say(f"run: {target}", *([f"report: {where}"] if where else []))
    interrupted = result.status == "interrupted"
    if interrupted:
        output.say(f"interrupted after {result.n_bars} decisions; the folder holds them")
    own: dict[str, Any] = {
        name: report[name]
        for name in ("name", "status", "leaderboard", "books", "delay", "audit", "warnings")
    }
    newest = result.targets_frame().row(-1, named=True)
    own["weights"] = {
        name.removeprefix("w:"): value for name, value in newest.items() if name.startswith("w:")
    }
    output.finish(own, run=target, report=where, code=INTERRUPTED if interrupted or late else 0)
