"""From the words of ``quantrl paper start`` to a book that is open, new or recovered."""

from __future__ import annotations

import errno
import json
import math
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl import registry
from quantrl.cli.paper import book
from quantrl.errors import AlreadyRunning, ConfigError, LiveError, NotRunning, StorageError
from quantrl.live.api_options import ApiOptions
from quantrl.live.client import Client
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.folder_lock import FolderLock, is_owned
from quantrl.live.heart import ALONE, Heart
from quantrl.live.journal import Journal
from quantrl.live.notify_settings import NotifySettings
from quantrl.live.storage import Storage
from quantrl.runs import code_version
from quantrl.selection.pipeline import Pipeline

if TYPE_CHECKING:
    from quantrl.data import Panel

IO_ERROR = "IO_ERROR"
"""A file that says the disk refused a write: what is cached may be more than what is kept."""
_PATIENCE_S = 2.0
_ORPHAN_S = 10.0
"""Longest time an engine is waited for whose supervisor is gone; it ends within a second unless the machine is busy."""


def pace(text: str) -> float | str:
    """A speed: ``max``, or how many times faster than the feed's own clock.

    Raises
    ------
    ConfigError
    """
    if text == "max":
        return text
    try:
        value = float(text.removesuffix("x"))
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ConfigError(f"--speed: expected max or a number above 0, got {text!r}")
    return value


def wanted(file: Path | None, demo: bool) -> PaperConfig | None:
    """The config named on the command line, checked; None where none is.

    Raises
    ------
    ConfigError
        Two are, or a key that is unknown or out of range.
    """
    if file is not None and demo:
        raise ConfigError("--demo: brings its own config; leave out --config")
    if file is not None:
        return PaperConfig.from_toml(file)
    return PaperConfig.demo() if demo else None


def warm() -> None:
    """Read what opening a book reads of this installation, and hash its code; touches no book."""
    for source in registry.members("quantrl.data.sources"):
        registry.load("quantrl.data.sources", source)
    Pipeline.default()
    code_version()


def opened(
    folder: Path,
    config: PaperConfig | None,
    workers: int | None,
    accept_upgrade: bool,
    heart: Heart = ALONE,
    lock: FolderLock | None = None,
) -> Daemon:
    """The book, made where there is none; `lock` is the folder's where a supervisor holds it already.

    Raises
    ------
    ConfigError
        No book and no config, or a book of another config.
    AlreadyRunning
        Another process has it.
    StorageError
        A disk that refused a write before, and was not looked at since.
    """
    daemon = _opened(folder, config, workers, accept_upgrade, heart, lock)
    if config is not None:
        try:
            raw = config.notify.model_dump()
            NotifySettings(**{**raw, "sinks": tuple(raw["sinks"])}).write(folder)
            ApiOptions.of(config.api).write(folder)
        except BaseException:
            daemon.abandon()
            raise
    return daemon


def _opened(
    folder: Path,
    config: PaperConfig | None,
    workers: int | None,
    accept_upgrade: bool,
    heart: Heart,
    lock: FolderLock | None,
) -> Daemon:
    if lock is None:
        _alone(folder)
    if not (folder / book.JOURNAL).exists():
        if config is None:
            raise ConfigError(f"{folder}: holds no book yet; name its config by --config FILE, or try --demo")
        hosts = config.hosts if workers is None else config.hosts.model_copy(update={"workers": workers})
        return Daemon.create(folder, config.model_copy(update={"hosts": hosts}), heart=heart)
    storage = Storage(folder)
    storage.check()
    if storage.exists(IO_ERROR):
        raise StorageError(
            f"{folder}: the disk refused a write; look at it by `quantrl paper verify {folder} --after-io-error`",
            errno.EIO,
        )
    hosts_given: dict[str, Any] = {}
    if config is not None:
        _same(folder, config)
        hosts_given = config.hosts.model_dump()
    if workers is not None:
        hosts_given["workers"] = workers
    return Daemon.open(folder, accept_upgrade=accept_upgrade, hosts=hosts_given, lock=lock, heart=heart)


def after_refusal(daemon: Daemon, error: StorageError) -> Daemon:
    """What is left when the disk refused: on one without space the book again, halted, with the reserve given back.

    Raises
    ------
    StorageError
        Any other refusal; the folder says so until ``verify --after-io-error`` has looked.
    """
    from quantrl.live.full_disk import survive_full_disk

    panel: Panel = daemon.setup.market
    lock = daemon.lock.again()
    daemon.abandon()
    if error.errno != errno.ENOSPC:
        lock.close()
        with suppress(StorageError):
            Storage(daemon.folder).create(IO_ERROR, f"{error}\n".encode())
        raise error
    return survive_full_disk(daemon.folder, error, panel=panel, lock=lock, heart=daemon.heart)


def _alone(folder: Path) -> None:
    """Wait a little for who only looks at the book, or ends as its supervisor has; other daemons are refused at once."""
    begun = time.monotonic()
    end = begun + _PATIENCE_S
    while is_owned(folder):
        try:
            with Client(folder) as client:
                about = client.status()["daemon"]
                pid = about["supervisor"] or about["pid"]
            if about["supervisor"] and not _lives(about["supervisor"]):
                pid, end = None, begun + _ORPHAN_S
        except NotRunning:
            pid = None
        except LiveError:
            pid = "?"
        if pid is not None:
            raise AlreadyRunning(f"{folder}: a daemon is running (process {pid})")
        if time.monotonic() > end:
            raise AlreadyRunning(f"{folder}: another process owns this folder")
        time.sleep(0.1)


def _lives(pid: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _same(folder: Path, config: PaperConfig) -> None:
    with Journal.open(folder, read_only=True) as journal:
        raw = journal.meta("config")
    kept = PaperConfig.of(json.loads(raw), source=f"{folder}: config") if raw else None
    if kept is not None and kept.cold() != config.cold():
        mine, theirs = json.loads(config.cold()), json.loads(kept.cold())
        parts = [name for name in sorted({*mine, *theirs}) if mine.get(name) != theirs.get(name)]
        raise ConfigError(
            f"{folder}: holds a book of another config: {', '.join(parts)} differ; leave out --config, or name another DIR"
        )
