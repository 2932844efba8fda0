"""From a job to a finished run folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.table import Table

from quantrl.backtest import fill_prices, tearsheet
from quantrl.backtest.tearsheet import Account, Header
from quantrl.cli import page as pages
from quantrl.cli import place, progress
from quantrl.cli.backtest.accounts import factories, of_agents, of_weights
from quantrl.cli.backtest.wide import read_weights
from quantrl.cli.console import Output
from quantrl.cli.exits import INTERRUPTED
from quantrl.cli.job import Job, settings
from quantrl.cli.trials import Trials
from quantrl.cli.wording import number, percent
from quantrl.runs import new_run, spelled


def run(
    job: Job,
    weights: Path | None,
    output: Output,
    *,
    lookahead: bool,
    out: Path | None,
    root: Path,
    page: bool,
) -> None:
    """Run, audit, test, write the folder, and print what came out.

    Raises
    ------
    QuantrlError
        Whatever went wrong; no folder is left behind then.
    """
    fill_prices(job.panel, job.config.backtest.fill)
    work = _agents(job, output, lookahead) if weights is None else _given(job, weights)
    target = job.folder(out, root)
    place.check(target)
    page = pages.wanted(output, asked=page)
    trials = Trials.start(job, root)
    try:
        accounts, status = _collect(work)
        target = place.final(target, status)
        with new_run(target) as aside:
            _write(aside, job, accounts, status, trials, page=page)
    except BaseException:
        trials.end("failed", {})
        raise
    trials.end(status, {account.label: account.result.measures["sharpe"].value for account in accounts})
    _finish(output, job, accounts, status, target, page=page)


def _write(
    folder: Path, job: Job, accounts: list[Account], status: str, trials: Trials, *, page: bool
) -> None:
    header = Header(
        id=job.id,
        name=job.config.name,
        command=job.command,
        config=spelled(settings(job.config)),
        seed=job.config.seed,
        status=status,
        toml=job.toml,
        trials={**trials.counts()},
        sharpes=trials.others(),
    )
    tearsheet.write(folder, header, accounts)
    if page:
        pages.draw(folder)
    tearsheet.write_manifest(folder, header, job.panel)


def _finish(
    output: Output, job: Job, accounts: list[Account], status: str, target: Path, *, page: bool
) -> None:
    output.say(_table(accounts), *(f"data: {flag}" for flag in job.panel.flags))
    where = target / "report.html" if page else None
    output.say(f"run: {target}", *([f"report: {where}"] if where else []))
    books = {account.label: _plain(account) for account in accounts}
    own = {"name": job.config.name, "status": status, "accounts": books}
    output.finish(own, run=target, report=where, code=INTERRUPTED if status == "interrupted" else 0)


def _collect(work: Iterator[Account]) -> tuple[list[Account], str]:
    """Every account, or those finished before Ctrl-C; with none of them the interruption goes on."""
    accounts: list[Account] = []
    try:
        for account in work:
            accounts.append(account)
    except KeyboardInterrupt:
        if not accounts:
            raise
        return accounts, "interrupted"
    return accounts, "done"


def _agents(job: Job, output: Output, lookahead: bool) -> Iterator[Account]:
    """Agents are built here and now, so that a wrong parameter is no trial; they run when asked for."""
    factories(job)

    def work() -> Iterator[Account]:
        with progress.agents_bar(len(job.config.agents), quiet=output.as_json) as tell:
            yield from of_agents(job, lookahead=lookahead, tell=tell)

    return work()


def _given(job: Job, weights: Path) -> Iterator[Account]:
    schedule = read_weights(weights, job.panel)
    return (of_weights(job, one) for one in [schedule])


def _plain(account: Account) -> dict[str, Any]:
    found = account.result.measures
    measures = {name: {"value": measure.value, "reason": measure.reason} for name, measure in found.items()}
    tested = None if account.lookahead is None else account.lookahead.ok
    return {
        "digest": account.result.digest(),
        "audit_breaches": account.audit.breaches,
        "lookahead_clean": tested,
        "measures": measures,
    }


def _table(accounts: list[Account]) -> Table:
    table = Table("account", title="net of costs", title_justify="left")
    for name in ("total", "CAGR", "vol", "Sharpe", "max DD", "audit", "look-ahead"):
        table.add_column(name, justify="right", no_wrap=True)
    for account in accounts:
        value = {name: measure.value for name, measure in account.result.measures.items()}
        tested = "not tested" if account.lookahead is None else "clean"
        shown = (percent(value["total"]), percent(value["cagr"]), percent(value["vol"]))
        audited = f"{account.audit.breaches} breaches"
        table.add_row(
            account.label, *shown, number(value["sharpe"]), percent(value["max_drawdown"]), audited, tested
        )
    return table
