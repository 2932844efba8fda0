"""The log of a process of a book: JSON lines in ``log/NAME.log``, rotated, without secrets; it never stops its process."""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from quantrl.live.secret import redacted

FOLDER = "log"
BYTES, KEPT = 8 << 20, 5
_MODE = 0o600


class JsonLines(logging.Formatter):
    """One object a line: ``t`` (UTC), ``level``, ``who``, ``pid``, ``msg``, and ``error`` with its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        row = {
            "t": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "who": record.name.rpartition(".")[2],
            "pid": os.getpid(),
            "msg": redacted(record.getMessage()),
        }
        if record.exc_info and record.exc_info[0] is not None:
            row["error"] = redacted("".join(traceback.format_exception(*record.exc_info)))
        return json.dumps(row, ensure_ascii=False)


class _File(RotatingFileHandler):
    def _open(self):  # type: ignore[no-untyped-def]
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, _MODE)
        return open(descriptor, "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """A disk that takes no log line takes no book either, and whoever writes the book says so."""


def log_to(folder: Path, who: str, *, size: int = BYTES, kept: int = KEPT) -> logging.Logger:
    """The logger ``quantrl.live.WHO`` into a file of its own; where that cannot be, into nothing.

    Parameters
    ----------
    folder : Path
        Of the book.
    who : str
        Process: ``supervisor``, ``engine``, ``notifier`` or ``api``.
    size, kept : int
        Bytes of a file before it is rotated, and how many older ones are kept.
    """
    logger = logging.getLogger(f"quantrl.live.{who}")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    handler: logging.Handler = logging.NullHandler()
    if folder.is_dir():
        try:
            (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
            handler = _File(folder / FOLDER / f"{who}.log", maxBytes=size, backupCount=kept)
        except OSError:
            pass
    handler.setFormatter(JsonLines())
    logger.addHandler(handler)
    return logger


def log_crashes(logger: logging.Logger) -> None:
    """From here on an error that ends this process, or a thread, is logged, and what is printed of it has no secret."""

    def crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        logger.critical("ended by an error", exc_info=(kind, error, trace))
        sys.stderr.write(redacted("".join(traceback.format_exception(kind, error, trace))))

    def thread_crashed(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            crashed(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = crashed
    threading.excepthook = thread_crashed
