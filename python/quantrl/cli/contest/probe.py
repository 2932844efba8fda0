"""``quantrl contest probe``: do agents use what they read, or what they remember?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.contest.asking import Yes, agree

KINDS = ("hide", "turn")
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
    root: options.RunsRoot = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """Run the contest with names hidden and dates moved (hide), and with its news turned round (turn).

    Shows how many actions stayed, and what that did to hit rate and Sharpe ratio, paired by day, with 95 % intervals. All
    questions are new ones; where a model answers them for money, --yes is needed.
    """
    from quantrl.cli.contest import opened
    from quantrl.cli.progress import counter
    from quantrl.contest.ablate import Variant, estimate
    from quantrl.contest.probe import probe
    from quantrl.runs import write_json

    output = Output(as_json)
    found = opened.contest_run(run, root)
    calls = found.tables.calls
    tasks = tuple(sorted({line["task"] for line in calls}))
    agree(output, estimate(calls, [Variant(kind, asks=tasks) for kind in KINDS]), yes=yes)
    made = []
    with counter("probes", quiet=as_json) as tell:
        for done, kind in enumerate(KINDS):
            tell(done, len(KINDS), kind)
            made.append(probe(found, kind, people=person or ()))
    output.say(*(one.table() for one in made))
    own = {"probes": [one.json() for one in made]}
    (found.folder / "probe").mkdir(exist_ok=True)
    write_json(found.folder / "probe" / "probes.json", own)
    output.finish(own, run=found.folder)
