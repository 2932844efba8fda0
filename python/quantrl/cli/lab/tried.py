"""``quantrl lab tried``: what was tried to better the default, on pools nobody had seen."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.lab.options import Seeds, Threads

Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="Markdown file to write.")]


def command(
    out: Out = Path("docs/results/selection_tried.md"),
    seeds: Seeds = 120,
    threads: Threads = 2,
    as_json: options.Json = False,
) -> None:
    """Choose the settings of each idea on one seed, judge the chosen on a fresh one, and write down both."""
    from quantrl.cli.lab import tried_page
    from quantrl.cli.progress import counter
    from quantrl.selection import lab

    output = Output(as_json)
    with counter("walks", quiet=as_json) as tell:
        found = lab.trials(seeds=seeds, threads=threads, progress=tell)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(tried_page.page(found), encoding="utf-8")
    output.say(*(tried_page.verdict(gain) for gain in found.fresh), f"{out} written")
    output.finish({"page": str(out), **found.json()})
