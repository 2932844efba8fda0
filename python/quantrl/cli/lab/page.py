"""``quantrl lab page``: the results page, in full."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.lab.options import Seeds, Threads

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Markdown file to write.")]
Runs = Annotated[int, typer.Option("--runs", min=10, max=100_000, help="Null pools of each kind and length.")]
Many = Annotated[
    int, typer.Option("--many", min=2, max=100_000, help="Pools P1 of the default engine alone.")
]
SEEN, FRESH = 11, 777
CLOSE = ("default", "half-life mix", "BestInHindsight")


def command(
    out: Out = Path("docs/results/selection.md"),
    seeds: Seeds = 120,
    many: Many = 1000,
    runs: Runs = 500,
    threads: Threads = 2,
    as_json: options.Json = False,
) -> None:
    """Write the table on the seed the settings were chosen on and on a fresh one, checks, null rates and losses."""
    from quantrl.cli.lab import markdown
    from quantrl.cli.progress import counter
    from quantrl.selection import lab

    output = Output(as_json)
    with counter("pools", quiet=as_json) as tell:
        seen, fresh = (
            lab.table(seeds=seeds, seed=seed, threads=threads, progress=tell) for seed in (SEEN, FRESH)
        )
        close = lab.table("P1", CLOSE, seeds=many, seed=FRESH, threads=threads, progress=tell)
        found = lab.checks(seeds=min(seeds, 60), threads=threads, progress=tell)
        rates = lab.null_rates(runs=runs, threads=threads, progress=tell)
    text = markdown.page(seen, fresh, close, found, rates)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    output.say(f"{out} written")
    output.finish({"page": str(out), "seen": seen.json(), "fresh": fresh.json()})
