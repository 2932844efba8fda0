"""``quantrl bench``: how fast, as a ratio to a peer that gives the same answer in the same process."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED

if TYPE_CHECKING:
    from quantrl.cli.bench.rate import RateResult
    from quantrl.cli.bench.wanted import Wanted

CaseName = Annotated[
    Literal[
        "all",
        "rebalance",
        "sweep",
        "metrics",
        "batch",
        "imports",
        "env",
        "live",
        "contest",
        "selection",
        "ticks",
    ],
    typer.Argument(help="Which case."),
]
Peers = Annotated[
    str | None,
    typer.Option(
        "--peers", "--peer", help="Comma-separated peers, or none; by default all.", show_default=False
    ),
]
Size = Annotated[Literal["small", "full"], typer.Option("--size", help="full is what is reported.")]
Rounds = Annotated[
    int | None,
    typer.Option(
        "--rounds",
        min=1,
        max=1000,
        help="Interleaved rounds after two warm-ups (7; env, live, contest, selection: 5).",
        show_default=False,
    ),
]
Kind = Annotated[
    Literal["portfolio", "pair"], typer.Option("--kind", help="Which environments env measures.")
]
StudyMinutes = Annotated[
    float | None,
    typer.Option(
        "--study-minutes", min=0, help="Wall time of a finished training study, put into the report."
    ),
]
PeerPython = Annotated[
    str | None,
    typer.Option(
        "--peer-python",
        help="ticks: interpreter of the environment with hftbacktest; by default this one.",
        show_default=False,
    ),
]
REBALANCE_ROUNDS = 7


def command(
    name: CaseName = "all",
    peers: Peers = None,
    size: Size = "full",
    rounds: Rounds = None,
    study_minutes: StudyMinutes = None,
    kind: Kind = "portfolio",
    peer_python: PeerPython = None,
    as_json: options.Json = False,
) -> None:
    """Time quantrl against peers that give the same answer; a disagreement is reported instead of any time.

    Run it in an environment where the peers are installed next to quantrl; an absent peer gives no ratio.
    """
    from quantrl.cli.bench import sheet
    from quantrl.cli.bench.wanted import wanted

    output = Output(as_json)
    chosen = wanted(peers)
    cases: list[dict[str, Any]] = []
    if name in ("all", "rebalance"):
        cases += _rebalance(output, size, chosen, rounds or REBALANCE_ROUNDS)
    if name in ("all", "sweep"):
        cases.append(_sweep(output, size, chosen.sweep, rounds or REBALANCE_ROUNDS))
    if name in ("all", "metrics"):
        cases.append(_metrics(output, size, chosen.metrics, rounds or REBALANCE_ROUNDS))
    if name in ("all", "batch"):
        cases += _batch(output, size, rounds)
    if name in ("all", "imports"):
        cases.append(_imports(output))
    if name == "env" or (name == "all" and _has_rl(output)):
        cases += _env(output, size, chosen.env, rounds, kind)
    if name == "live" or (name == "all" and _has_live(output)):
        cases += _live(output, size, rounds)
    if name in ("all", "contest"):
        cases += _contest(output, size, rounds)
    if name in ("all", "selection"):
        cases += _selection(output, size, rounds)
    if name in ("all", "ticks"):
        cases += _ticks(output, size, rounds, peer_python)
    agree = all(case["agree"] is not False for case in cases)
    machine = sheet.machine(threads=2 if name in ("all", "batch", "env", "selection") else 1)
    own: dict[str, Any] = {"cases": cases, "machine": machine}
    if study_minutes is not None:
        own["study_minutes"] = study_minutes
    if agree:
        output.say(sheet.machine_line(machine))
    output.finish(own, code=0 if agree else CHECK_FAILED)


def _rebalance(output: Output, size: str, chosen: Wanted, rounds: int) -> list[dict[str, Any]]:
    from quantrl.cli.bench import harness, rebalance, sheet

    cases = [rebalance.case(size, chosen.rebalance)]
    if chosen.rated:
        cases.append(rebalance.rated_case(size, chosen.rated))
    found = []
    for case in cases:
        result = harness.run_case(case, rounds)
        output.say(*sheet.printed(result))
        found.append(sheet.case_json(result))
    return found


def _batch(output: Output, size: str, rounds: int | None) -> list[dict[str, Any]]:
    from quantrl.cli.bench import batch, rate

    return _told(output, rate.run_rows(batch.ROWS, size, rounds or batch.ROUNDS))


def _sweep(output: Output, size: str, peers: list[str], rounds: int) -> dict[str, Any]:
    from quantrl.cli.bench import harness, sheet, sweep

    result = harness.run_case(sweep.case(size, peers), rounds)
    output.say(*sheet.printed(result))
    return sheet.case_json(result)


def _metrics(output: Output, size: str, peers: list[str], rounds: int) -> dict[str, Any]:
    from quantrl.cli.bench import harness, metrics, sheet

    result = harness.run_case(metrics.case(size, peers), rounds)
    output.say(*sheet.printed(result))
    return sheet.case_json(result)


def _imports(output: Output) -> dict[str, Any]:
    from quantrl.cli.bench import imports, sheet

    timings = imports.measure()
    output.say(sheet.imports_table(timings))
    return sheet.imports_json(timings)


def _has_rl(output: Output) -> bool:
    from quantrl.cli.bench import env

    if reason := env.missing():
        output.say(f"env: {reason}: not measured")
    return not reason


def _env(output: Output, size: str, peers: list[str], rounds: int | None, kind: str) -> list[dict[str, Any]]:
    from quantrl.cli.bench import env

    return _told(output, env.measure(size, peers, rounds or env.ROUNDS, kind))


def _has_live(output: Output) -> bool:
    from quantrl.cli.bench import live

    if reason := live.missing():
        output.say(f"live: {reason}: not measured")
    return not reason


def _live(output: Output, size: str, rounds: int | None) -> list[dict[str, Any]]:
    from quantrl.cli.bench import live

    return _told(output, live.measure(size, rounds or live.ROUNDS))


def _contest(output: Output, size: str, rounds: int | None) -> list[dict[str, Any]]:
    from quantrl.cli.bench import contest, rate

    return _told(output, rate.run_rows(contest.ROWS, size, rounds or contest.ROUNDS))


def _selection(output: Output, size: str, rounds: int | None) -> list[dict[str, Any]]:
    from quantrl.cli.bench import rate, selection

    return _told(output, rate.run_rows(selection.ROWS, size, rounds or selection.ROUNDS))


def _ticks(output: Output, size: str, rounds: int | None, python: str | None) -> list[dict[str, Any]]:
    from quantrl.cli.bench import ticks

    return _told(output, ticks.measure(size, rounds or ticks.ROUNDS, python))


def _told(output: Output, results: Iterable[RateResult]) -> list[dict[str, Any]]:
    """Each result printed as soon as it is there, and all of them for JSON."""
    from quantrl.cli.bench import rate_sheet

    cases = []
    for result in results:
        output.say(*rate_sheet.printed(result))
        cases.append(rate_sheet.rate_json(result))
    return cases
