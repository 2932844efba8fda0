"""``quantrl events info``."""

from __future__ import annotations

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.events.showing import File, counted, headline, info_table


def command(file: File, as_json: options.Json = False) -> None:
    """Show what an event file holds: instruments, events by kind, what its converter counted."""
    from quantrl.data.events import EventFile

    output = Output(as_json)
    events = EventFile(file)
    kinds = events.kinds()
    output.say(headline(file, events.info), info_table(events.info))
    output.say(", ".join(f"{name} {count}" for name, count in kinds.items()), counted(events.quality))
    own = {"info": events.info.to_dict(), "kinds": kinds}
    output.finish({**own, "quality": events.quality, "provenance": events.provenance})
