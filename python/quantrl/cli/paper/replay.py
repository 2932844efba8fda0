"""``quantrl paper replay``: compute what was decided again, and take one decision apart."""

from __future__ import annotations

from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.paper import book
from quantrl.errors import ConfigError

First = Annotated[
    int | None,
    typer.Option("--from", metavar="O", min=1, help="First event, by its ord.", show_default=False),
]
Last = Annotated[
    int | None, typer.Option("--to", metavar="O", min=1, help="Last event, by its ord.", show_default=False)
]
Decision = Annotated[
    int | None,
    typer.Option(
        "--decision",
        metavar="O",
        min=1,
        help="One decision by its ord: what its agent saw and wanted, what was refused, ordered and filled.",
        show_default=False,
    ),
]


def command(
    folder: book.Folder,
    first: First = None,
    last: Last = None,
    decision: Decision = None,
    as_json: options.Json = False,
) -> None:
    """Compute what the stopped book in DIR decided again and compare it with what is stored; nothing is changed.

    Exit 6: it differs, and the first event that does is named. Exit 3: there is no such event.
    """
    book.check(folder)
    book.need_live()
    output = Output(as_json)
    if decision is not None:
        if first is not None or last is not None:
            raise ConfigError("--decision: names one event; leave out --from and --to")
        from quantrl.live._decision import decision as taken_apart

        record = taken_apart(folder, decision)
        output.say(record)
        output.finish(record.json())
        return
    from quantrl.live._replay import replay

    done = replay(folder, first, last)
    taken = f"; {done.taken:,} of other code taken as they are" if done.taken else ""
    output.say(
        f"events {done.first:,} to {done.last:,}: {done.inputs:,} inputs, {done.outputs:,} outputs computed again"
        f" and equal{taken}"
    )
    output.finish(done.json())
