"""``quantrl paper rebuild``: the tables of a book, made again from its events."""

from __future__ import annotations

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED, DONE
from quantrl.cli.paper import book


def command(folder: book.Folder, as_json: options.Json = False) -> None:
    """Make the tables of the stopped book in DIR again from its events, and say how many rows were wrong.

    Exit 1: some were, and are right now. Exit 11: an event cannot be read; nothing has changed.
    """
    book.check(folder)
    book.need_live()
    from quantrl.live.inspection import rebuild

    output = Output(as_json)
    changed = rebuild(folder)
    output.say(
        "0 rows changed: the tables said what the events say" if not changed else f"{changed:,} rows changed"
    )
    output.finish({"folder": str(folder), "changed_rows": changed}, code=CHECK_FAILED if changed else DONE)
