"""From a job to a finished run folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.table import Table

from quantrl.backtest import Queue, TickConfig, TickResult, replay
from quantrl.cli import page as pages
from quantrl.cli import place
from quantrl.cli.console import Output
from quantrl.cli.progress import bar
from quantrl.cli.replay import folder as run_folder
from quantrl.cli.replay.job import Job
from quantrl.runs import new_run

_NUMBERS = {"cash": 2, "fee": 2, "equity": 2, "max_drawdown": 2, "maker_share": 3}


def run(job: Job, output: Output, *, out: Path | None, root: Path, page: bool) -> None:
    """Replay, write the folder, print what came out.

    Raises
    ------
    QuantrlError
        Whatever went wrong; no folder is left behind then, nor after Ctrl-C.
    """
    target = out or root / job.id
    place.check(target)
    page = pages.wanted(output, asked=page)
    results = [_replayed(job, job.config, output)]
    cautious = Queue.risk_averse()
    if results[0].queue not in (None, str(cautious)):
        results.append(_replayed(job, job.config.but(queue=cautious), output))
    instr = int(job.params.get("instr", 0))
    with new_run(target) as aside:
        report = run_folder.write(aside, job, results, instr)
        if page:
            pages.draw(aside)
        run_folder.write_manifest(aside, job)
    where = target / "report.html" if page else None
    output.say(_table(report["results"]), *_words(report["results"]))
    output.say(f"run: {target}", *([f"report: {where}"] if where else []))
    own = {"name": job.name, "status": "done", "results": report["results"], "file": report["file"]}
    output.finish(own, run=target, report=where)


def _replayed(job: Job, config: TickConfig, output: Output) -> TickResult:
    with _events_bar(len(job.file), str(config.queue or job.policy), quiet=output.as_json) as tell:
        return replay(job.file, (job.policy, job.params), config, progress=tell)


@contextmanager
def _events_bar(total: int, note: str, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    with bar(quiet=quiet) as progress:
        task = progress.add_task("events", total=total, note=note)
        yield lambda events: progress.update(task, completed=events)


def _words(rows: list[dict[str, Any]]) -> list[str]:
    if rows[0]["queue"] is None:
        return ["Queues are those of the file; own orders did not change it."]
    return ["A queue model is an opinion: the file shows level sums, not queues."]


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table()
    table.add_column("queue model", no_wrap=True)
    shown = ("orders", "refused", "fills", "lots", "maker_share", "position", "most_position")
    money = ("cash", "fee", "equity", "max_drawdown")
    for name in (*shown, *money):
        table.add_column(name.replace("_", " "), justify="right", no_wrap=True)
    for row in rows:
        cells = [row[name] for name in (*shown, *money)]
        texts = [
            "-" if cell is None else f"{cell:,.{_NUMBERS.get(name, 0)}f}"
            for name, cell in zip((*shown, *money), cells, strict=True)
        ]
        table.add_row(row["queue"] or f"{row['mode']} (true queues)", *texts)
    return table
