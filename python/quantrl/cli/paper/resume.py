"""``quantrl paper resume``: end a halt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.paper import book
from quantrl.errors import ConfigError, NotRunning

Confirm = Annotated[
    str,
    typer.Option(
        "--confirm", metavar="NAME", help="The book's name, typed: you mean this one.", show_default=False
    ),
]
Active = Annotated[bool, typer.Option("--active", help="Also let agents enter positions again at once.")]
AcceptUpgrade = Annotated[
    bool,
    typer.Option("--accept-upgrade", help="As in `quantrl paper start`, for a book that is not running."),
]


def command(
    folder: book.Folder,
    confirm: Confirm,
    active: Active = False,
    accept_upgrade: AcceptUpgrade = False,
    as_json: options.Json = False,
) -> None:
    """End the halt of the book in DIR and remove its KILL file; agents may then only reduce (NO_ENTRY).

    Works on a running daemon and on a stopped book. Exit 2: NAME is not the book's name; nothing has changed.
    """
    from quantrl.live.client import Client

    book.check(folder)
    output = Output(as_json)
    verbs = ["resume", "active"] if active else ["resume"]
    try:
        with Client(folder, timeout_s=10.0) as client:
            _same(confirm, client.status()["summary"]["name"])
            for verb in verbs:
                state = client.command(verb, **({"confirm": confirm} if verb == "resume" else {}))
        running = True
    except NotRunning:
        state, running = _stopped(folder, confirm, verbs, accept_upgrade), False
    output.say(
        f"{confirm} is {state}" + ("" if running else f"; it is not running: `quantrl paper start {folder}`")
    )
    output.finish({"folder": str(folder), "name": confirm, "state": state, "running": running})


def _stopped(folder: Path, confirm: str, verbs: list[str], accept_upgrade: bool) -> str:
    """Open the book for the commands alone."""
    book.need_live()
    from quantrl.live.engine import Daemon
    from quantrl.live.journal import Journal

    with Journal.open(folder, read_only=True) as journal:
        _same(confirm, journal.meta("name") or "")
    with Daemon.open(folder, accept_upgrade=accept_upgrade) as daemon:
        for verb in verbs:
            state = daemon.command(verb, **({"confirm": confirm} if verb == "resume" else {}))
    return state


def _same(confirm: str, name: str) -> None:
    if confirm != name:
        raise ConfigError(f"--confirm: expected the book's name, {name}, got {confirm!r}")
