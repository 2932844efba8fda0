"""A sweep from a job to a run folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.table import Table

from quantrl.backtest import Costs, Sharding, SweepResult, sweep
from quantrl.backtest._families import members_of
from quantrl.backtest._sweep import FAMILIES
from quantrl.backtest.swept import Best
from quantrl.cli import page as pages
from quantrl.cli import place
from quantrl.cli.console import Output
from quantrl.cli.exits import INTERRUPTED
from quantrl.cli.job import Job, settings
from quantrl.cli.sweep import folder
from quantrl.cli.sweep.started import Spread, interrupted, sharded
from quantrl.cli.sweep.values import values_of
from quantrl.config import SweepConfig
from quantrl.errors import ConfigError
from quantrl.report.numbers import show_number
from quantrl.report.sweep.page import luck_lines, verdict
from quantrl.runs import Trial, TrialLedger, finite, new_run, sha256_json
from quantrl.units import iso_date


@dataclass(frozen=True)
class SweepJob:
    """A job with its sweep, and what came out."""

    job: Job
    asked: SweepConfig
    found: SweepResult
    best: Best | None


def run(
    job: Job,
    output: Output,
    *,
    threads: int | None,
    out: Path | None,
    root: Path,
    page: bool,
    spread: Spread,
) -> None:
    """Run the members, write the folder, print the best.

    Raises
    ------
    QuantrlError
        Whatever went wrong; no folder is left behind then, but for the finished shards of a sweep in several.
    """
    asked = job.config.sweep
    if asked is None:
        raise ConfigError("sweep: expected a table with family and params")
    target = job.folder(out, root)
    place.check(target)
    page = pages.wanted(output, asked=page)
    grid = {name: values_of(name, values) for name, values in asked.params.items()}
    if asked.family not in FAMILIES:
        raise ConfigError(f"sweep.family: expected one of {', '.join(FAMILIES)}, got {asked.family!r}")
    count = len(members_of(grid, FAMILIES[asked.family], asked.family))
    ledger = TrialLedger(root)
    trial = _trial(job, asked, count)
    with _counted(ledger, trial) as ended:
        on_data = ledger.count(data_id=trial.data_id)
        try:
            with sharded(target, job, count, spread, output) as sharding:
                made = _swept(job, asked, grid, threads, on_data, sharding)
        except KeyboardInterrupt:
            _leave(output, target, count)
            raise
        with new_run(target) as aside:
            report = _written(aside, made, grid, {"this_run": count, "on_data": on_data}, page=page)
        best = made.best
        ended.append(replace(trial, status="done", sharpe=None if best is None else _sharpe(best)))
    where = target / "report.html" if page else None
    output.say(_table(report), verdict(report), *luck_lines(report), f"run: {target}")
    output.say(*([f"report: {where}"] if where else []))
    own = {
        name: report[name]
        for name in ("name", "family", "members", "left_out", "best", "top", "pbo", "trials")
    }
    output.finish({**own, "status": "done"}, run=target, report=where)


def _written(
    folder_: Path, made: SweepJob, grid: dict[str, Any], trials: dict[str, int], *, page: bool
) -> dict[str, Any]:
    report = folder.write(folder_, made, grid, trials)
    if page:
        pages.draw(folder_)
    folder.write_manifest(folder_, made)
    return report


def _leave(output: Output, target: Path, count: int) -> None:
    """Say what is kept of an interrupted sweep and how to go on; nothing where nothing is kept."""
    kept = interrupted(target, count)
    if kept is not None:
        output.say(
            f"interrupted: {kept['shards']} shards are kept; go on with: quantrl sweep --resume {target}"
        )
        output.finish(kept, run=target, code=INTERRUPTED)


def _swept(
    job: Job,
    asked: SweepConfig,
    grid: dict[str, Any],
    threads: int | None,
    trials: int,
    sharding: Sharding | None,
) -> SweepJob:
    panel = job.panel if asked.instrument is None else job.panel.only(asked.instrument)
    found = sweep(
        asked.family,
        grid,
        panel,
        fill=job.config.backtest.fill,
        costs=Costs.from_config(job.config.backtest.costs),
        initial_cash=job.config.initial_cash,
        tie_rtol=asked.tie_rtol,
        blocks=asked.blocks,
        threads=threads,
        sharding=sharding,
    )
    order = found.order(asked.measure, min_trades=asked.min_trades)
    how: dict[str, Any] = {"min_trades": asked.min_trades, "trials": trials}
    return SweepJob(job, asked, found, found.best(asked.measure, **how) if order.size else None)


def _trial(job: Job, asked: SweepConfig, count: int) -> Trial:
    """Its line in the trial ledger: one, that counts for every member."""
    filled = settings(job.config)["backtest"]
    return Trial(
        family=asked.family,
        data_id=job.source_id,
        window=f"{iso_date(int(job.panel.time[0]))}..{iso_date(int(job.panel.time[-1]))}",
        config_sha=sha256_json([asked.model_dump(), filled]),
        seed=job.config.seed,
        status="started",
        count=count,
    )


@contextmanager
def _counted(ledger: TrialLedger, trial: Trial) -> Iterator[list[Trial]]:
    """Trials count even if the folder is never finished; the line that ends them goes into the list."""
    ledger.read()  # a damaged ledger is found before anything is written
    ledger.append([trial])
    ended: list[Trial] = []
    try:
        yield ended
    except BaseException as error:
        stopped = isinstance(error, KeyboardInterrupt) or getattr(error, "exit_code", 0) == INTERRUPTED
        ledger.append([replace(trial, status="interrupted" if stopped else "failed")])
        raise
    ledger.append(ended)


def _sharpe(best: Best) -> float | None:
    value: float | None = finite(best.result.measures["sharpe"].value)
    return value


def _table(report: dict[str, Any]) -> Table:
    table = Table(
        title=f"{report['family']}: best {len(report['top'])} of {report['members']:,}", title_justify="left"
    )
    for name in (*report["grid"], "total", "Sharpe", "max DD", "trades"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in report["top"]:
        table.add_row(
            *(f"{row[name]:g}" for name in report["grid"]),
            show_number(row["total"], "percent"),
            show_number(row["sharpe"], "ratio3"),
            show_number(row["max_drawdown"], "percent"),
            f"{row['trades']:,}",
        )
    return table
