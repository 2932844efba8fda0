"""``quantrl events check``."""

from __future__ import annotations

from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import File, counted, steps_bar
from quantrl.cli.exits import CHECK_FAILED

Share = Annotated[float, typer.Option("--max-fault-share", help="Most faults per row of the source.")]
Strict = Annotated[bool, typer.Option("--strict", help="No fault, crossed span or purged level at all.")]


def command(
    file: File, max_fault_share: Share = 0.01, strict: Strict = False, as_json: options.Json = False
) -> None:
    """Replay an event file and judge it: exit 1 on a breach, 3 where the file is damaged."""
    from quantrl.data.events import EventFile

    output = Output(as_json)
    events = EventFile(file)
    with steps_bar("events", file.name, quiet=as_json, total=len(events)) as tell:
        found = events.check(max_fault_share=max_fault_share, strict=strict, progress=tell)
    output.say(counted(found.counts), f"faults per row: {found.fault_share:.6f}")
    for breach in found.breaches:
        typer.echo(f"breach: {breach}", err=True)
    output.say(f"{file}: " + (f"{len(found.breaches)} breaches" if found.breaches else "as it must be"))
    breaches = [{"what": b.what, "expected": b.expected, "got": b.got} for b in found.breaches]
    output.finish(
        {"counts": found.counts, "fault_share": found.fault_share, "breaches": breaches},
        code=0 if found.ok else CHECK_FAILED,
    )
