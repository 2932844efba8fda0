"""``quantrl paper status``: what a book is now."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import DONE, HALTED, NOT_RUNNING
from quantrl.cli.paper import book, showing
from quantrl.errors import ConfigError, NotRunning

Watch = Annotated[bool, typer.Option("--watch", help="Show it again every second, until Ctrl-C.")]
EVERY_S = 1.0


def command(folder: book.Folder, watch: Watch = False, as_json: options.Json = False) -> None:
    """Show the state, money, agents and place of the book in DIR.

    A running daemon is asked; of a stopped one the journal is read. Exit 7: halted. Exit 9: no daemon is running.
    """
    book.check(folder)
    output = Output(as_json)
    if watch:
        if as_json:
            raise ConfigError("--watch: is for people; ask again instead with --json")
        _watch(folder, output)
    found = _asked(folder)
    running = found is not None
    summary, about = found if found is not None else (_read(folder), {})
    output.say(showing.table(summary, _extra(about)))
    if not running:
        output.say("not running: this is what its journal says")
    code = NOT_RUNNING if not running else HALTED if summary["state"] == "HALTED" else DONE
    kill = (folder / "KILL").exists()
    output.finish({"running": running, "kill_file": kill, **showing.plain(summary), **about}, code=code)


def _asked(folder: Path) -> tuple[dict[str, Any], dict[str, Any]] | None:
    from quantrl.live.client import Client

    try:
        with Client(folder) as client:
            begun = time.perf_counter()
            reply = client.status()
    except NotRunning:
        return None
    answered = round((time.perf_counter() - begun) * 1_000, 1)
    return reply["summary"], {**reply["daemon"], "answered_ms": answered}


def _read(folder: Path) -> dict[str, Any]:
    book.need_live()
    from quantrl.live.journal import Journal
    from quantrl.live.setup import setup_of
    from quantrl.live.storage import Storage
    from quantrl.live.summary import of_journal

    storage = Storage(folder)
    storage.check()
    with storage.lock():
        setup = setup_of(folder)
        with Journal.open(folder, read_only=True) as journal:
            return asdict(of_journal(journal, setup))


def _extra(about: dict[str, Any]) -> dict[str, str]:
    if not about:
        return {}
    kept = f", kept up by process {about['supervisor']}" if about.get("supervisor") else ""
    return {
        "daemon": f"process {about['pid']}{kept}, up {about['uptime_s']:,.0f} s, answers in {about['answered_ms']:g} ms"
    }


def _watch(folder: Path, output: Output) -> None:
    """Until Ctrl-C, or the daemon ends."""
    from rich.live import Live

    try:
        with Live(console=output.console, auto_refresh=False, transient=True) as shown:
            while (found := _asked(folder)) is not None:
                shown.update(showing.table(found[0], _extra(found[1])), refresh=True)
                time.sleep(EVERY_S)
    except KeyboardInterrupt:
        return
