"""``quantrl paper verify``: whether a book says what it must."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from quantrl.cli import options
from quantrl.cli.console import Output
from quantrl.cli.exits import DONE, JOURNAL, REPLAY_MISMATCH
from quantrl.cli.paper import book

if TYPE_CHECKING:
    from quantrl.live.checking import Verified

Rederive = Annotated[
    bool, typer.Option("--rederive", help="Also compute every decision, order, fill and round again.")
]
AfterIoError = Annotated[
    bool,
    typer.Option(
        "--after-io-error", help="Read from the disk, not from memory; a sound book may be started again."
    ),
]

_NOTHING_AGAIN = "not one output was computed again: other code wrote this book, and only that code can check its decisions"


def command(
    folder: book.Folder,
    rederive: Rederive = False,
    after_io_error: AfterIoError = False,
    as_json: options.Json = False,
) -> None:
    """Check the hash chain, the tables and the stored pages of the stopped book in DIR; nothing is changed.

    Exit 11: the journal is damaged, and the first bad event is named. Exit 6: something computed again differs.
    """
    book.check(folder)
    book.need_live()
    output = Output(as_json)
    if after_io_error:
        _forget_cached(folder)
    from quantrl.live import checking

    found = checking.verify(folder, rederive=rederive)
    own = _own(found, rederive)
    code = DONE if found.ok else _how_bad(folder, rederive)
    if code == DONE and after_io_error:
        _clear(folder)
    output.say(*_lines(own))
    output.finish(own, code=code)


def _own(found: Verified, rederive: bool) -> dict[str, Any]:
    head = found.head
    return {
        "ok": found.ok,
        "first_bad_seq": found.first_bad_seq,
        "reason": found.reason,
        "events": found.events,
        "changed_rows": found.changed_rows,
        "head": head.hash.hex() if head is not None else None,
        "rederived_fraction": found.rederived_fraction if rederive else None,
        "warning": _NOTHING_AGAIN if rederive and found.ok and found.rederived_fraction == 0 else None,
    }


def _how_bad(folder: Path, rederive: bool) -> int:
    """Damage, or a sound journal of what this code would not have done."""
    from quantrl.live import inspection

    return REPLAY_MISMATCH if rederive and inspection.verify(folder).ok else JOURNAL


def _lines(own: dict[str, Any]) -> list[str]:
    counted = f"{own['events']:,} events"
    if not own["ok"]:
        where = f"first bad event: {own['first_bad_seq']}; " if own["first_bad_seq"] else ""
        return [f"not as it must be: {where}{own['reason']}", f"{counted} read"]
    return [
        f"sound: {counted}, tables and pages as they must be{_again(own['rederived_fraction'])}",
        f"head {own['head']}",
        *([f"warning: {own['warning']}"] if own["warning"] else []),
    ]


def _again(fraction: float | None) -> str:
    if fraction is None:
        return ""
    part = "everything" if fraction == 1 else f"{fraction:.1%}"
    rest = "" if fraction == 1 else "; the rest was written by other code and taken as it is"
    return f"; {part} that followed from inputs computed again and equal{rest}"


def _forget_cached(folder: Path) -> None:
    """Have the system read these files from the disk again: after a failed write its memory may hold more than the disk."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in (path for path in folder.rglob("*") if path.is_file()):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _clear(folder: Path) -> None:
    from quantrl.cli.paper.opening import IO_ERROR
    from quantrl.live.storage import Storage

    Storage(folder).remove(IO_ERROR)
