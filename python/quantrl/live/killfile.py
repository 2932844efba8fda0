"""The file KILL in a book's folder: while it is there, nothing leaves the book, whatever else is broken."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from quantrl.errors import StorageError
from quantrl.live.states import Cause, Source
from quantrl.live.storage import Storage
from quantrl.live.told import told
from quantrl.live.vocabulary import TradingState

NAME = "KILL"
LONGEST = 200
_FLATTEN = "flatten"
_READ = 1_000


class Wish(NamedTuple):
    """What the file asks for: to close every position before the halt, and why; an empty file halts at once."""

    flatten: bool
    reason: str

    @property
    def args(self) -> dict[str, str]:
        """As arguments of a command."""
        return {"reason": self.reason} if self.reason else {}


def read(folder: Path) -> Wish | None:
    """The wish of a folder; None where there is no file. One that cannot be read halts too."""
    try:
        with (folder / NAME).open("rb") as stream:
            text = stream.read(_READ).decode("utf-8", "replace")
    except FileNotFoundError:
        return None
    except OSError as error:
        return Wish(False, f"{NAME}: {error.strerror}")
    first, _, rest = text.partition("\n")
    return Wish(first.strip() == _FLATTEN, tidy(rest))


def write(folder: Path, wish: Wish) -> None:
    """Put the file there, durably; on a disk without space an empty one, which halts at once.

    Raises
    ------
    StorageError
        The disk refuses even that.
    """
    text = f"{_FLATTEN if wish.flatten else 'halt'}\n{tidy(wish.reason)}\n"
    try:
        Storage(folder).write_atomic(NAME, text.encode())
    except StorageError:
        with told(folder / NAME):
            (folder / NAME).touch(mode=0o600)


def tidy(reason: str) -> str:
    """A reason on one line, printable, at most 200 characters."""
    shown = "".join(letter if letter.isprintable() else " " for letter in reason)
    return " ".join(shown.encode("utf-8", "replace").decode().split())[:LONGEST]


def command(folder: Path, trading: TradingState, *, boot: bool) -> tuple[str, str, dict[str, str]] | None:
    """Verb, principal and arguments of the command that follows from the file now; None: nothing does.

    At a start a book halts at once, but for one that was closing its positions already.
    """
    wish = None if trading == TradingState.HALTED else read(folder)
    if wish is None:
        return None
    if not wish.flatten or (boot and trading != TradingState.FLATTEN):
        return Cause.KILL_FILE.value, Source.FILE.value, wish.args
    if trading != TradingState.FLATTEN:
        return Cause.FLATTEN.value, f"{Source.CLI}/file", wish.args
    return None
