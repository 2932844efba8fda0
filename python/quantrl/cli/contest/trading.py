"""From a job with documents to a finished folder of ContestTrade."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.cli import page as pages
from quantrl.cli.console import Output
from quantrl.cli.contest import banners, live, watching
from quantrl.cli.contest.opened import trade_folder
from quantrl.cli.contest.trade_job import TradeJob
from quantrl.cli.exits import INTERRUPTED, PARTIAL
from quantrl.errors import ConfigError, ContestError, RunError
from quantrl.runs import open_run

if TYPE_CHECKING:
    from quantrl.contest.contest_run import ContestRun
    from quantrl.contest.contest_trade import ContestTrade
    from quantrl.typing import JsonObject

_CODES = {"partial": PARTIAL, "interrupted": INTERRUPTED}


def run(
    job: TradeJob,
    output: Output,
    *,
    out: Path | None,
    root: Path,
    resume: str | None = None,
    fork: str | None = None,
    threads: int | None = None,
    page: bool = True,
) -> None:
    """Run the contest or what is left of it, write its folder, and print what came of it.

    Raises
    ------
    QuantrlError
        Whatever went wrong; the folder keeps every step that was done, and the same command goes on.
    KeyboardInterrupt
        Ctrl-C inside a day; likewise. After a whole day the folder is finished up to there.
    """
    from quantrl.contest.contest_trade import ContestTrade

    contest = ContestTrade(job.config, root=root, threads=threads or 1, command=job.command)
    target = _target(contest, job, out=out, root=root, resume=resume)
    forked = trade_folder(fork, root) if fork is not None else None
    page = pages.wanted(output, asked=page)
    banner = banners.banner_of(job.config)
    try:
        with live.display(job, banner, quiet=output.as_json) as tell:
            made = contest.run(job.panel, job.docs, out=target, fork=forked, progress=tell)
    except (KeyboardInterrupt, ContestError):
        if (target / "journal.jsonl").is_file():
            output.say(f"run: {target}, not finished; the same command goes on with it")
        raise
    with watching.stages(1, quiet=output.as_json) as stage:
        stage("report")
        made.report(html=page)
    _finish(output, made, page=page)


def _target(
    contest: ContestTrade, job: TradeJob, *, out: Path | None, root: Path, resume: str | None
) -> Path:
    from quantrl.contest.folder import is_contest

    if resume is not None:
        if out is not None:
            raise ConfigError("--resume: names the folder to go on in; it cannot stand beside --out")
        return trade_folder(resume, root)
    target = out or contest.folder(job.panel, job.docs)
    source = job.config.llm.replay
    if out is None and source is not None and target.resolve() == Path(source).resolve():
        target = target.with_name(f"{target.name}-replayed")
    if target.is_dir() and not is_contest(target) and any(target.iterdir()):
        raise RunError(f"{target}: exists and is no run of a contest; it will not be overwritten")
    if target.exists() and not target.is_dir():
        raise RunError(f"{target}: is a file; expected a folder or a free name")
    return target


def _finish(output: Output, made: ContestRun, *, page: bool) -> None:
    from quantrl.contest.report import terminal

    report = open_run(made.folder).json("report.json")
    output.say(*terminal(report))
    where = made.folder / "report.html" if page else None
    output.say(f"run: {made.folder}", *([f"report: {where}"] if where else []))
    if made.status != "done":
        output.say(_unfinished(made))
    output.finish(_own(made, report), run=made.folder, report=where, code=_CODES.get(made.status, 0))


def _unfinished(made: ContestRun) -> str:
    days = len(made.lines) // 12
    if made.status == "partial":
        cut = made.summary["partial"]
        return f"partial: a budget cut calls on {len(cut)} of {days} days, first on {cut[0]}"
    return f"interrupted after {days} days; the folder holds them, and the same command goes on"


def _own(made: ContestRun, report: JsonObject) -> dict[str, Any]:
    names = (
        "name",
        "status",
        "banner",
        "verdict",
        "flags",
        "books",
        "contests",
        "engines",
        "leaderboard",
        "rejections",
    )
    own = {name: report[name] for name in names}
    return own | {"spend": made.summary["spend"], "digest": made.digest(), "weights": newest_targets(made)}


def newest_targets(made: ContestRun) -> dict[str, float]:
    """The netted book of the last day decided."""
    from quantrl.contest import journal

    line = next((line for line in reversed(made.lines) if line.step == "DECIDED"), None)
    target = journal.payload(made.folder, line)["target"] if line is not None else []
    return dict(zip(made.panel.instruments, target, strict=False))
