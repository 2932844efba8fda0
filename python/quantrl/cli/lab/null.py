"""``quantrl lab null``: how often a test names someone where nobody has skill."""

from __future__ import annotations

from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED
from quantrl.cli.lab.options import Seed, Threads

Runs = Annotated[int, typer.Option("--runs", min=10, max=100_000, help="Pools of each kind and length.")]
Draws = Annotated[int, typer.Option("--draws", min=99, max=100_000, help="Bootstrap replicates per test.")]


def command(
    runs: Runs = 500,
    draws: Draws = 500,
    seed: Seed = 11,
    threads: Threads = 2,
    as_json: options.Json = False,
) -> None:
    """Test skill-free pools, with and without copies; exit 1 if a test at 5 % claims too often."""
    from quantrl.cli.lab import showing
    from quantrl.cli.progress import counter
    from quantrl.selection import lab

    output = Output(as_json)
    with counter("null pools", quiet=as_json) as tell:
        found = lab.null_rates(runs=runs, draws=draws, seed=seed, threads=threads, progress=tell)
    output.say(showing.rates(found))
    rows = [{**vars(one), "limit": one.limit, "passed": one.passed} for one in found]
    own = {"seed": seed, "draws": draws, "rates": rows}
    output.finish(own, code=0 if all(one.passed for one in found) else CHECK_FAILED)
