"""``quantrl paper start``: make a book or go on with one, under a supervisor."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import DONE, INTERRUPTED
from quantrl.cli.paper import book, serving, supervising
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
Demo = Annotated[bool, typer.Option("--demo", help="The bundled contest: 21 agents on 20 US stocks.")]
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


Detach = Annotated[
    bool, typer.Option("--detach", help="Return once the book is ready; it runs on without a terminal.")
]
Unsupervised = Annotated[
    bool,
    typer.Option("--unsupervised", help="In this process alone: whatever ends it, nothing starts it again."),
]
Under = Annotated[int | None, typer.Option("--under", hidden=True)]
Dashboard = Annotated[str | None, typer.Option("--dashboard", hidden=True)]


def command(
    folder: Folder = None,
    config: ConfigFile = None,
    demo: Demo = False,
    speed: Speed = "max",
    exit_at_end: ExitAtEnd = False,
    accept_upgrade: AcceptUpgrade = False,
    workers: Workers = None,
    detach: Detach = False,
    unsupervised: Unsupervised = False,
    under: Under = None,
    dashboard: Dashboard = None,
    api: serving.Api = False,
    port: serving.Port = None,
    host: serving.Host = None,
    allow_remote: serving.AllowRemote = False,
    allow_host: serving.AllowHost = None,
    behind_proxy: serving.BehindProxy = False,
    tls_cert: serving.TlsCert = None,
    tls_key: serving.TlsKey = None,
    as_json: options.Json = False,
) -> None:
    """Trade a contest on paper in DIR: a new book from its config, or an old one from where it ended, however it ended.

    It stays in the foreground until `quantrl paper stop`, Ctrl-C or SIGTERM end it after a bar; SIGUSR1 halts it. After a
    crash it is started again, unless it crashed five times in ten minutes.

    With --api, and in a demo, a dashboard shows it; its address is told, and at the first start its token, once.

    Exit 7: the feed ended and the book is halted, or it did not halt in time and was killed. Exit 10: the book runs already.
    """
    book.need_live()
    if folder is None and not demo:
        raise ConfigError("DIR: expected the folder of a book (only --demo has one of its own)")
    target, output = folder if folder is not None else book.DEMO, Output(as_json)
    if detach and (unsupervised or under is not None):
        raise ConfigError("--detach: needs a supervisor; leave out --unsupervised")
    words = supervising.Words(target, config, demo, speed, exit_at_end, accept_upgrade, workers, as_json)
    names = tuple(allow_host or ())
    wish = serving.Wish(api, demo, port, host, allow_remote, names, behind_proxy, tls_cert, tls_key)
    if under is not None:
        _engine(words, output, None, under, dashboard)
    elif unsupervised:
        _engine(words, output, wish.with_section(target, config).bound(target))
    elif detach:
        output.leave_if(supervising.detached(words, wish, output))
    else:
        output.leave_if(
            supervising.supervised(words, wish.with_section(target, config).bound(target), output)
        )


def _engine(
    words: supervising.Words,
    output: Output,
    bound: serving.Bound | None,
    under: int | None = None,
    dashboard: str | None = None,
) -> None:
    """The engine, in this process."""
    from quantrl.cli.paper.signs import Signs
    from quantrl.live import heap
    from quantrl.live.heart import ALONE, OPENING, Heart

    heap.settle()
    target, exit_at_end = words.folder, words.exit_at_end
    heart, lock = ALONE if under is None else Heart.joined(under), None
    with heart.longer(supervising.IMPORT_S):
        from quantrl.cli.paper import opening, showing
        from quantrl.cli.paper.running import Foreground

        opening.warm()
    if heart.supervised:
        lock = heart.told_to_open()
    with Signs() as signs, nullcontext() if bound is None else bound[1]:
        heart.tell(OPENING)
        if heart.supervised:
            supervising.keep_stacks(target)
        pace = opening.pace(words.speed)
        made = not (target / book.JOURNAL).exists()
        wanted = opening.wanted(words.config, words.demo)
        daemon = opening.opened(target, wanted, words.workers, words.accept_upgrade, heart, lock)
        begun = asdict(daemon.state())
        output.say(
            f"{begun['name']} in {target}: {'a new book' if made else 'goes on'}, {showing.place(begun)}"
        )
        if begun["state"] != "ACTIVE":
            output.say(f"state: {showing.state_of(begun)}")
        try:
            foreground = Foreground(daemon, signs, output, heart)
        except BaseException:
            daemon.abandon()
            raise
        with foreground.closing(), serving.served(target, bound, output) as url:
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
    address = dashboard if url is None else url
    shown = {} if address is None else {"dashboard": address}
    output.finish({"folder": str(target), **shown, **(showing.plain(ended) if ended else {})}, code=code)
