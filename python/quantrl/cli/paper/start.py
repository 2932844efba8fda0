"""``quantrl paper start``: make a book or go on with one, in the foreground."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import DONE, INTERRUPTED
from quantrl.cli.paper import book
from quantrl.errors import ConfigError

Folder = Annotated[
    Path | None,
    typer.Argument(
        metavar="[DIR]", help="Folder of the book (with --demo: runs/paper-demo).", show_default=False
    ),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="TOML file of a new book.", show_default=False),
]
Demo = Annotated[bool, typer.Option("--demo", help="The bundled contest: 31 agents on 20 US stocks.")]
Speed = Annotated[
    str,
    typer.Option(
        "--speed",
        metavar="S",
        help="max, or how many times the feed's own clock; results do not depend on it.",
    ),
]
ExitAtEnd = Annotated[
    bool, typer.Option("--exit-at-end", help="End with the feed instead of waiting to be stopped.")
]
AcceptUpgrade = Annotated[
    bool,
    typer.Option(
        "--accept-upgrade", help="Go on from a crash under other code: take what it decided as it is."
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", min=0, max=64, help="Processes for hosted agents; results do not depend on it."
    ),
]


def command(
    folder: Folder = None,
    config: ConfigFile = None,
    demo: Demo = False,
    speed: Speed = "max",
    exit_at_end: ExitAtEnd = False,
    accept_upgrade: AcceptUpgrade = False,
    workers: Workers = None,
    as_json: options.Json = False,
) -> None:
    """Trade a contest on paper in DIR: a new book from its config, or an old one from where it ended, however it ended.

    It stays in the foreground until `quantrl paper stop`, Ctrl-C or SIGTERM end it after a bar; SIGUSR1 halts it.

    Exit 7: the feed ended and the book is halted. Exit 10: the book runs already.
    """
    book.need_live()
    from quantrl.cli.paper import opening, showing
    from quantrl.cli.paper.running import Foreground
    from quantrl.cli.paper.signs import Signs

    if folder is None and not demo:
        raise ConfigError("DIR: expected the folder of a book (only --demo has one of its own)")
    target, output = folder if folder is not None else book.DEMO, Output(as_json)
    pace = opening.pace(speed)
    with Signs() as signs:
        made = not (target / book.JOURNAL).exists()
        daemon = opening.opened(target, opening.wanted(config, demo), workers, accept_upgrade)
        begun = asdict(daemon.state())
        output.say(
            f"{begun['name']} in {target}: {'a new book' if made else 'goes on'}, {showing.place(begun)}"
        )
        if begun["state"] != "ACTIVE":
            output.say(f"state: {showing.state_of(begun)}")
        try:
            foreground = Foreground(daemon, signs, output)
        except BaseException:
            daemon.abandon()
            raise
        code = foreground.run(pace, exit_at_end=exit_at_end)
    ended = asdict(foreground.last) if foreground.last is not None else None
    if ended is not None:
        output.say(showing.table(ended))
    if code == DONE and exit_at_end:
        output.say(
            f"check it by `quantrl paper verify {target} --rederive`; `quantrl paper export {target}` for a report"
        )
    if code == INTERRUPTED:
        output.say(f"interrupted; go on by `quantrl paper start {target}`")
    output.finish({"folder": str(target), **(showing.plain(ended) if ended else {})}, code=code)
