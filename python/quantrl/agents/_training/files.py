"""Files written whole or not at all, and read up to a limit."""

from __future__ import annotations

import os
from pathlib import Path

from quantrl.errors import DataError, RunError

MAX_BYTES = 256 << 20
WEIGHTS_FILE = "policy.safetensors"
SPEC_FILE = "policy.json"


def write_whole(path: Path, content: bytes) -> None:
    """Write under a temporary name, flush to the disk, rename."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    _sync(path.parent)


def write_policy_files(folder: Path, numbers: bytes, spec: bytes) -> None:
    """Write both files of a policy aside and rename them, the numbers first.

    Raises
    ------
    RunError
        The folder cannot be written.
    """
    files = {WEIGHTS_FILE: numbers, SPEC_FILE: spec}
    asides = {name: folder / f".{name}.{os.getpid()}" for name in files}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            with asides[name].open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for name, aside in asides.items():
            aside.replace(folder / name)
        _sync(folder)
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error}") from error
    finally:
        for aside in asides.values():
            aside.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Make renames last."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_limited(path: Path) -> bytes:
    """A whole file.

    Raises
    ------
    DataError
        Cannot be read, or over 256 MiB.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(f"{path}: expected at most {MAX_BYTES} bytes, got {size}")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
