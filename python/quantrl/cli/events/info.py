"""``quantrl events info``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import (
    File,
    counted,
    facts_table,
    headline,
    info_table,
    steps_bar,
)

Facts = Annotated[bool, typer.Option("--facts", help="Replay it and show stylised facts of each instrument.")]

Interval = Annotated[
    int, typer.Option("--interval-ns", min=1, help="Nanoseconds between two looks at the mid, for --facts.")
]


def command(
    file: File, facts: Facts = False, interval_ns: Interval = 1_000_000_000, as_json: options.Json = False
) -> None:
    """Show what an event file holds: instruments, events by kind, what its converter counted."""
    from quantrl.data.events import EventFile

    output = Output(as_json)
    events = EventFile(file)
    kinds = events.kinds()
    output.say(headline(file, events.info), info_table(events.info))
    output.say(", ".join(f"{name} {count}" for name, count in kinds.items()), counted(events.quality))
    own: dict[str, Any] = {"info": events.info.to_dict(), "kinds": kinds}
    if facts:
        own["facts"] = []
        for row, instrument in enumerate(events.instruments):
            with steps_bar("events", instrument.symbol, quiet=as_json, total=len(events)) as tell:
                found = events.stylised_facts(row, interval_ns=interval_ns, progress=tell)
            output.say(instrument.symbol, facts_table(found))
            own["facts"].append(asdict(found))
    output.finish({**own, "quality": events.quality, "provenance": events.provenance})
