"""``quantrl contest ablate``: what each part of the mechanism is worth on these days."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.contest.asking import Yes, agree

if TYPE_CHECKING:
    from rich.table import Table

    from quantrl.typing import JsonObject

Variants = Annotated[
    str | None,
    typer.Option(
        "--variants", metavar="V,V", help="Some of the ablations (default: all).", show_default=False
    ),
]
Seeds = Annotated[int, typer.Option("--seeds", min=1, max=200, help="Of what is drawn by lot.")]


def command(
    run: options.RunName,
    variants: Variants = None,
    seeds: Seeds = 20,
    yes: Yes = False,
    threads: options.Threads = None,
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Run the contest without its judges, data contest, research contest, deep research, any of them, and by lot.

    Differences are paired by day, with 95 % intervals. What will be asked is estimated first; where that is more than
    nothing, --yes is needed. Ablations: no-judge, no-data-contest, no-research-contest, no-deep-research, none,
    random-research, random-data.
    """
    from quantrl.cli.contest import opened, watching
    from quantrl.contest import ablate
    from quantrl.runs import write_json

    output = Output(as_json)
    found = opened.contest_run(run, root)
    chosen = [word.strip() for word in variants.split(",") if word.strip()] if variants else []
    planned = ablate.plan(found, chosen, seeds)
    agree(output, planned, yes=yes)
    with watching.stages(sum(one.runs for one in planned), quiet=as_json) as stage:
        made = ablate.ablate(found, chosen, seeds=seeds, threads=threads or 1, tell=stage)
    write_json(found.folder / "ablation.json", made.json)
    output.say(_table(made.json))
    output.finish(made.json, run=found.folder, report=found.folder / "ablation.json")


def _table(found: JsonObject) -> Table:
    from rich.table import Table

    from quantrl.cli.wording import interval, number

    table = Table(
        title=f"ablations over {found['days']} days, Sharpe ratio net of costs", title_justify="left"
    )
    table.add_column("without")
    table.add_column("what is different")
    for name in ("seeds", "Sharpe [95 %]", "whole less this [95 %]", "p", "visible"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_row("(the whole contest)", "", "", interval(found["sharpe"]), "", "", "", style="bold")
    for row in found["rows"]:
        gap = row["difference"]
        table.add_row(
            row["variant"],
            row["summary"],
            "" if row["seeds"] is None else str(row["seeds"]),
            interval(row["sharpe"]),
            interval(gap),
            number(gap["p"], 3),
            number(gap["visible"]),
        )
    return table
