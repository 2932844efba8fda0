"""``quantrl paper stop``: end a running book in order."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED, DONE
from quantrl.cli.paper import book

Now = Annotated[bool, typer.Option("--now", help="Leave out the snapshot: the next start takes longer.")]
PATIENCE_S = 30.0


def command(folder: book.Folder, now: Now = False, as_json: options.Json = False) -> None:
    """Stop the daemon of DIR after the current bar and wait until it has ended.

    Exit 9: no daemon is running. Exit 1: it has not ended within 30 s.
    """
    from quantrl.live.client import Client
    from quantrl.live.folder_lock import is_owned

    book.check(folder)
    output = Output(as_json)
    with Client(folder, timeout_s=10.0) as client:
        pid = client.stop(now=now)
    end = time.monotonic() + PATIENCE_S
    while (owned := is_owned(folder)) and time.monotonic() < end:
        time.sleep(0.05)
    output.say(f"process {pid} " + (f"has not ended within {PATIENCE_S:g} s" if owned else "has ended"))
    output.finish(
        {"folder": str(folder), "pid": pid, "ended": not owned}, code=CHECK_FAILED if owned else DONE
    )
