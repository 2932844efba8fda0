"""``quantrl paper start`` as the parent of what it starts: in the foreground, or without a terminal."""

from __future__ import annotations

import faulthandler
import logging
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from quantrl.cli.console import Output
from quantrl.cli.exits import DONE
from quantrl.cli.paper.book import JOURNAL
from quantrl.cli.paper.serving import Bound, Dashboard, Wish
from quantrl.errors import LiveError

if TYPE_CHECKING:
    from quantrl.live.children import Child

IMPORT_S = 60.0
LAST_S = 15.0
_ASK_S = 0.1


@dataclass(frozen=True)
class Words:
    """What was said on the command line."""

    folder: Path
    config: Path | None
    demo: bool
    speed: str
    exit_at_end: bool
    accept_upgrade: bool
    workers: int | None
    as_json: bool

    def command(self) -> list[str]:
        """The same as a command line of its own."""
        words = [sys.executable, "-m", "quantrl", "paper", "start", os.fspath(self.folder)]
        words += ["--config", os.fspath(self.config)] if self.config is not None else []
        words += ["--speed", self.speed]
        words += ["--workers", str(self.workers)] if self.workers is not None else []
        said = {
            "--demo": self.demo,
            "--exit-at-end": self.exit_at_end,
            "--accept-upgrade": self.accept_upgrade,
            "--json": self.as_json,
        }
        return words + [word for word, is_said in said.items() if is_said]


def supervised(words: Words, bound: Bound | None, output: Output) -> int:
    """Supervise the engine, the notifier and the dashboard until the engine has ended; the exit code."""
    from quantrl.live.children import Module
    from quantrl.live.supervisor import Supervisor

    folder = words.folder
    table: dict[str, Child] = {"notifier": Module("quantrl.live.notify", [os.fspath(folder)])}
    command = words.command()
    if bound is not None:
        table["dashboard"] = Dashboard(folder, bound, output)
        command += ["--dashboard", bound[0].url]
    log = _Log(folder)
    supervisor = Supervisor(
        folder, command, table, say=_to_stderr, log=log, last_words=lambda: _last_words(folder)
    )
    return supervisor.run()


class _Log:
    """The supervisor's log, which begins with the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._logger: logging.Logger | None = None

    def __call__(self, line: str) -> None:
        from quantrl.live.logs import log_crashes, log_to

        if self._logger is None and (self._folder / JOURNAL).exists():
            self._logger = log_to(self._folder, "supervisor")
            log_crashes(self._logger)
        if self._logger is not None:
            self._logger.info(line)


def _last_words(folder: Path) -> None:
    """Have what is in the spool told, as no engine will."""
    from quantrl.live.notify import LAST_WORDS

    words = [sys.executable, "-m", "quantrl.live.notify", os.fspath(folder), LAST_WORDS]
    with suppress(subprocess.TimeoutExpired, OSError):
        subprocess.run(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=LAST_S, check=False
        )


def detached(words: Words, wish: Wish, output: Output) -> int:
    """Start a supervisor in a session of its own, and wait until the book is ready or has ended; the exit code."""
    with tempfile.TemporaryFile() as console:
        process = subprocess.Popen(
            words.command() + wish.words(),
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
        )
        while (code := process.poll()) is None and not _ready(words.folder, process.pid):
            time.sleep(_ASK_S)
        if code is None:
            process.returncode = DONE  # it is nobody's child from here on, and no warning at exit
            sys.stderr.write(_read(console))
            output.say(f"{words.folder}: runs, kept up by process {process.pid}")
            output.finish({"folder": str(words.folder), "supervisor": process.pid})
            return DONE
        sys.stderr.write(_read(console))
    return code


def keep_stacks(folder: Path) -> None:
    """Where an engine is when it is aborted goes to a file of the folder, or to stderr where there is none yet."""
    from quantrl.live.engine_process import fault_file

    path = Path(fault_file(folder))
    if not folder.is_dir():
        faulthandler.enable()
        return
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    faulthandler.enable(descriptor)


def _ready(folder: Path, pid: int) -> bool:
    from quantrl.live.client import Client

    try:
        with Client(folder) as client:
            return bool(client.status()["daemon"]["supervisor"] == pid)
    except LiveError:
        return False


def _read(console: IO[bytes]) -> str:
    """What it has said; read apart from where it goes on writing."""
    size = os.fstat(console.fileno()).st_size
    return os.pread(console.fileno(), size, 0).decode("utf-8", "replace")


def _to_stderr(line: str) -> None:
    with suppress(OSError):  # nobody reads it any more
        print(line, file=sys.stderr, flush=True)
