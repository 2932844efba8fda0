"""``quantrl contest probe``: do agents use what they read, or what they remember?"""

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

People = Annotated[
    list[str] | None,
    typer.Option(
        "--person", metavar="NAME", help="A name to hide as well; may be repeated.", show_default=False
    ),
]


def command(
    run: options.RunName,
    person: People = None,
    yes: Yes = False,
    threads: options.Threads = None,
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Run the contest under other names and dates, and with words of praise and blame turned round.

    Shows how many actions stayed, and what that did to hit rate and Sharpe ratio, paired, with 95 % intervals. Every
    question is asked anew; where a model answers, --yes is needed.
    """
    from quantrl.cli.contest import opened, watching
    from quantrl.contest import probe
    from quantrl.runs import write_json

    output = Output(as_json)
    found = opened.contest_run(run, root)
    planned = probe.plan(found)
    agree(output, planned, yes=yes)
    with watching.stages(len(planned), quiet=as_json) as stage:
        made = probe.probe(found, people=person or (), threads=threads or 1, tell=stage)
    write_json(found.folder / "probe.json", made.json)
    output.say(_table(made.json))
    output.finish(made.json, run=found.folder, report=found.folder / "probe.json")


def _table(found: JsonObject) -> Table:
    from rich.table import Table

    from quantrl.cli.wording import interval, number, percent

    table = Table(title=f"probes over {found['days']} days", title_justify="left")
    table.add_column("probe")
    for name in ("actions", "unchanged", "hit rate", "change [95 %]", "Sharpe", "change [95 %]"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict")
    for row in found["rows"]:
        hits, sharpe = row["hit_rate"], row["sharpe"]
        table.add_row(
            row["probe"],
            f"{row['actions']:,}",
            percent(row["unchanged"]),
            f"{percent(hits['before'])} -> {percent(hits['after'])}",
            interval(row["hit_change"], 3),
            f"{number(sharpe['before'])} -> {number(sharpe['after'])}",
            interval(row["sharpe_change"]),
            row["verdict"],
        )
    return table
