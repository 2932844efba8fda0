"""The report as plain text: needs no plotly, no browser and no colour."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from rich.console import Console

from quantrl.report._tables import books_table, leaderboard_table
from quantrl.report.account import AccountEntry
from quantrl.report.folder import ReportFolder, read_report
from quantrl.report.markup import printable
from quantrl.report.numbers import show_number
from quantrl.report.pairs.folder import PAIR, PairFolder
from quantrl.report.pairs.page import pair_lines
from quantrl.report.schema import ReportEntry
from quantrl.report.sections.header import FILLS, cost_words
from quantrl.report.sweep.folder import SWEEP, SweepFolder
from quantrl.report.sweep.page import sweep_lines
from quantrl.report.ticks.folder import KIND, ReplayFolder
from quantrl.report.ticks.page import lines
from quantrl.report.values import Values
from quantrl.report.verdict import Day, Name, Part, Ref, verdict

WIDTH = 150


def text(run_folder: str | Path) -> str:
    """The report of a run as text of at most 150 columns, from ``report.json`` alone.

    Parameters
    ----------
    run_folder : str or Path
        A folder with a ``report.json``.

    Raises
    ------
    RunError
        ``report.json`` cannot be read.
    DataError
        It lacks something a report needs.
    """
    raw = read_report(Path(run_folder))
    if raw.get("kind") == KIND:
        return "\n".join(map(printable, lines(ReplayFolder(Path(run_folder), raw).raw))) + "\n"
    if raw.get("kind") == PAIR:
        return "\n".join(map(printable, pair_lines(PairFolder(Path(run_folder), raw).raw))) + "\n"
    if raw.get("kind") == SWEEP:
        return "\n".join(map(printable, sweep_lines(SweepFolder(Path(run_folder), raw).raw))) + "\n"
    folder = ReportFolder.open(run_folder)
    out = StringIO()
    console = Console(file=out, width=WIDTH, color_system=None, force_terminal=False, highlight=False)
    for line in _head(folder):
        console.print(printable(line), markup=False, soft_wrap=False)
    console.print(books_table(folder.raw, width=WIDTH))
    if folder.report.leaderboard:
        console.print(leaderboard_table(folder.raw, width=WIDTH))
    for line in _tail(folder.report):
        console.print(printable(line), markup=False, soft_wrap=False)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _head(folder: ReportFolder) -> Iterator[str]:
    report, values = folder.report, Values(folder.raw)
    data, settings = report.data, report.settings
    yield f"{report.name} ({report.kind} {report.run})"
    yield ""
    yield " ".join("".join(_words(part, values) for part in sentence) for sentence in verdict(folder))
    yield ""
    yield f"Data      {data.source}, {data.start} to {data.end}, {data.bars:,} bars"
    yield f"Fill      {FILLS.get(settings.fill, settings.fill)}; {cost_words(settings)}; {settings.sizing}"
    trials = report.trials
    counts = f"{_known(trials.this_run)}, on these data {_known(trials.on_data)}"
    yield f"Seed      {settings.seed}; trials {counts}"
    yield f"Data id   {data.id}"
    yield f"Command   {report.command}"
    yield ""


def _tail(report: ReportEntry) -> Iterator[str]:
    yield ""
    for entry in report.delay:
        yield f"Sharpe with feedback {entry.delay} bars later: {show_number(entry.sharpe, 'ratio3')}"
    if report.audit is not None and report.audit.breaches is not None:
        residual = show_number(report.audit.max_residual, "tiny")
        yield f"Audit: {report.audit.breaches} breaches, largest relative residual {residual}"
    if report.account is not None:
        yield from _account(report.account)
    for name, runs in report.lookahead.items():
        yield f"Look-ahead, {name}: " + (
            "not tested" if runs is None else f"none found, decided {runs} times again"
        )
    for title, entries in (
        ("Data", report.data.flags),
        ("Claim", report.claims),
        ("Warning", report.warnings),
    ):
        yield from (f"{title}: {entry}" for entry in entries)
    yield "Versions: " + ", ".join(f"{name} {version}" for name, version in sorted(report.versions.items()))


def _account(account: AccountEntry) -> Iterator[str]:
    luck, even, orders = account.luck, account.breakeven, account.orders
    psr, dsr = (show_number(entry.value, "percent") for entry in (luck.psr, luck.dsr))
    tried = "trials that were not counted" if luck.trials is None else f"{luck.trials} trials"
    yield f"Luck: PSR {psr}, DSR {dsr} after {tried}"
    if even is not None and even.multiplier is not None:
        yield (
            f"Costs: nothing is left at {show_number(even.multiplier, 'times')} of them, "
            f"{show_number(even.bps, 'bps1')} of the value traded"
        )
    left = ", ".join(f"{drop.count} {drop.reason}" for drop in orders.drops) or "none"
    yield (
        f"Orders: {orders.decisions} decisions, {orders.fills} fills, {orders.scaled} scaled; targets left out: {left}"
    )


def _words(part: Part, values: Values) -> str:
    if isinstance(part, Ref):
        return show_number(values.at(part.pointer), part.unit)
    if isinstance(part, Day):
        return part.date
    return part.word if isinstance(part, Name) else part


def _known(count: int | None) -> str:
    return "not counted" if count is None else f"{count}"
