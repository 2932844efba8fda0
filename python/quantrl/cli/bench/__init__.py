"""``quantrl bench``: how fast, as a ratio to a peer that gives the same answer in the same process."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED

CaseName = Annotated[Literal["all", "rebalance", "imports"], typer.Argument(help="Which case.")]
Peers = Annotated[str, typer.Option("--peers", help="Comma-separated peers, or none.")]
Size = Annotated[Literal["small", "full"], typer.Option("--size", help="full is 500 x 2,520.")]
Rounds = Annotated[
    int, typer.Option("--rounds", min=1, max=1000, help="Interleaved rounds after two warm-ups.")
]


def command(
    name: CaseName = "all",
    peers: Peers = "vectorbt",
    size: Size = "full",
    rounds: Rounds = 7,
    as_json: options.Json = False,
) -> None:
    """Time quantrl against peers that give the same answer; a disagreement is reported instead of any time.

    Run it in an environment where the peers are installed next to quantrl; an absent peer gives no ratio.
    """
    from quantrl.cli.bench import sheet

    output = Output(as_json)
    wanted = [] if peers in ("", "none") else peers.split(",")
    cases: list[dict[str, Any]] = []
    if name in ("all", "rebalance"):
        cases.append(_rebalance(output, size, wanted, rounds))
    if name in ("all", "imports"):
        cases.append(_imports(output))
    agree = all(case["agree"] is not False for case in cases)
    machine = sheet.machine()
    if agree:
        output.say(sheet.machine_line(machine))
    output.finish({"cases": cases, "machine": machine}, code=0 if agree else CHECK_FAILED)


def _rebalance(output: Output, size: str, peers: list[str], rounds: int) -> dict[str, Any]:
    from quantrl.cli.bench import harness, rebalance, sheet

    result = harness.run_case(rebalance.case(size, peers), rounds)
    output.say(*sheet.printed(result))
    return sheet.case_json(result)


def _imports(output: Output) -> dict[str, Any]:
    from quantrl.cli.bench import imports, sheet

    timings = imports.measure()
    output.say(sheet.imports_table(timings))
    return sheet.imports_json(timings)
