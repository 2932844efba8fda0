"""``quantrl paper kill``: nothing leaves the book any more."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import CHECK_FAILED, DONE, NOT_RUNNING
from quantrl.cli.paper import book
from quantrl.errors import ConfigError, LiveError, NotRunning, RetryableError, StorageError

Flatten = Annotated[bool, typer.Option("--flatten", help="Close every position first, then halt.")]
Reason = Annotated[
    str, typer.Option("--reason", metavar="R", help="Why; kept in the journal.", show_default=False)
]
WITHIN_S = 2.0


def command(
    folder: book.Folder, reason: Reason, flatten: Flatten = False, as_json: options.Json = False
) -> None:
    """Halt the book in DIR: the file KILL is written first, then a running daemon is told and must confirm within 2 s.

    The book stays halted over restarts until `quantrl paper resume`.

    Exit 9: no daemon is running; the file halts the next one as it starts. Exit 1: it runs and has not confirmed.
    """
    from quantrl.live import killfile

    book.check(folder)
    end = time.monotonic() + WITHIN_S
    why = killfile.tidy(reason)
    if not why:
        raise ConfigError("--reason: expected some words")
    output, refused = Output(as_json), None
    try:
        killfile.write(folder, killfile.Wish(flatten, why))
    except StorageError as error:
        refused = error
    state = _confirmed(folder, "flatten" if flatten else "halt", why, end)
    if refused is not None and state not in ("HALTED", "FLATTEN"):
        raise refused
    if state is None:
        said, code = "no daemon is running: the file KILL will halt the book as it starts", NOT_RUNNING
    elif state:
        closing = " and closes its positions" if state == "FLATTEN" else ""
        said, code = f"confirmed: the book is {state}{closing}", DONE
    else:
        said, code = f"not confirmed within {WITHIN_S:g} s; the file KILL is in place", CHECK_FAILED
    output.say(said)
    if refused is not None:
        output.say(f"the file KILL could not be written: {refused}")
    own = {
        "folder": str(folder),
        "confirmed": bool(state),
        "state": state or None,
        "kill_file": refused is None,
    }
    output.finish({**own, "reason": why}, code=code)


def _confirmed(folder: Path, verb: str, reason: str, end: float) -> str | None:
    """The state a daemon answers; empty where it does not answer in time, None where there is none."""
    from quantrl.live.client import Client
    from quantrl.live.folder_lock import is_owned

    nonce = uuid.uuid4().hex
    while (left := end - time.monotonic()) > 0:
        try:
            with Client(folder, timeout_s=left) as client:
                try:
                    return client.command(verb, nonce=nonce, reason=reason)
                except (NotRunning, RetryableError):
                    raise
                except LiveError:
                    # A halted book cannot be flattened: it is as dead as was wanted.
                    return str(client.status()["summary"]["state"])
        except NotRunning:
            if not is_owned(folder):
                return None
            time.sleep(0.05)  # it is starting, or ending
        except RetryableError:
            break
    return ""
