"""``quantrl lab table``: every rule on every pool, beside the published figures."""

from __future__ import annotations

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED
from quantrl.cli.lab.options import PoolNames, Seed, Seeds, Selectors, Threads, names


def command(
    pools: PoolNames = "all",
    selectors: Selectors = "all",
    seeds: Seeds = 120,
    seed: Seed = 11,
    threads: Threads = 2,
    as_json: options.Json = False,
) -> None:
    """Draw pools, run the rules, and compare with the published table in standard errors.

    The pools are other draws of the same law, so a difference beyond 3 standard errors is marked. Exit 1 if, with 60
    pools or more, the default misses a target by more than two standard errors.
    """
    from quantrl.cli.lab import showing
    from quantrl.cli.progress import counter
    from quantrl.selection import lab

    output = Output(as_json)
    with counter("pools", quiet=as_json) as tell:
        made = lab.table(
            names(pools), names(selectors, ";"), seeds=seeds, seed=seed, threads=threads, progress=tell
        )
    compared, held = made.compare(lab.REFERENCE), lab.targets(made)
    output.say(*showing.sharpe(made, compared), *showing.more(made), *showing.bounds(held), showing.CAVEAT)
    own = {
        **made.json(),
        "differences": [vars(one) for one in compared],
        "targets": [{**vars(one), "met": one.met} for one in held],
    }
    missed = seeds >= showing.ENOUGH and any(one.refuted for one in held)
    output.finish(own, code=CHECK_FAILED if missed else 0)
