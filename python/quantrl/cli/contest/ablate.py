"""``quantrl contest ablate``: what each part of the mechanism is worth on these days."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.contest.asking import Yes, agree

Variants = Annotated[
    str | None,
    typer.Option(
        "--variants", metavar="V,V", help="Some of the variants (default: all).", show_default=False
    ),
]
Seeds = Annotated[int, typer.Option("--seeds", min=20, max=200, help="Of what is drawn by lot.")]


def command(
    run: options.RunName,
    variants: Variants = None,
    seeds: Seeds = 20,
    yes: Yes = False,
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Run the contest without its parts, and with choices by lot, and compare day by day.

    Variants: no-judge, no-data-contest, no-research-contest, no-deep-research, none, random-data, random-research. Calls
    and USD are estimated first; above nothing, --yes is needed. A command that was stopped goes on when given again.
    """
    from quantrl.cli.contest import opened
    from quantrl.cli.progress import counter
    from quantrl.contest import ablate
    from quantrl.runs import write_json

    output = Output(as_json)
    found = opened.contest_run(run, root)
    words = (variants or "").split(",")
    names = [word.strip() for word in words if word.strip()] or list(ablate.NAMES)
    planned = ablate.estimate(found.tables.calls, ablate.variants(names, seeds=seeds))
    agree(output, planned, yes=yes)
    with counter("runs", quiet=as_json) as tell:
        made = ablate.ablate(found, names, seeds=seeds, progress=tell)
    output.say(made.table())
    own = {**made.json(), "calls": planned.calls, "usd": planned.usd}
    (found.folder / "ablate").mkdir(exist_ok=True)
    write_json(found.folder / "ablate" / "comparison.json", own)
    output.finish(own, run=found.folder)
