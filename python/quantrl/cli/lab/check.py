"""``quantrl lab check``: what a leak, a gamer or a relabelling would change."""

from __future__ import annotations

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED
from quantrl.cli.lab.options import Seed, Seeds, Threads


def command(seeds: Seeds = 60, seed: Seed = 11, threads: Threads = 2, as_json: options.Json = False) -> None:
    """Run the loud checks on P1; exit 1 if one fails."""
    from quantrl.cli.lab import showing
    from quantrl.cli.progress import counter
    from quantrl.selection import lab

    output = Output(as_json)
    with counter("checks", quiet=as_json) as tell:
        found = lab.checks(seeds=seeds, seed=seed, threads=threads, progress=tell)
    output.say(showing.checked(found))
    own = {"seeds": seeds, "seed": seed, "checks": [vars(one) for one in found]}
    output.finish(own, code=0 if all(one.passed for one in found) else CHECK_FAILED)
