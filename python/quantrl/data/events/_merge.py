"""Event files of several instruments as one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from quantrl import _core
from quantrl.data.events._convert import Conversion, written
from quantrl.errors import ConfigError, DataError


def merge(
    files: Sequence[str | os.PathLike[str]],
    dst: str | os.PathLike[str],
    *,
    checkpoint_every: int = 1 << 16,
    progress: Callable[[int], None] | None = None,
) -> Conversion:
    """Join event files of one level by (exchange time, instrument, source).

    Each file's instruments follow those of the files before it; its own events keep their order. `progress` is called
    about ten times a second with the events written; what it raises ends the merge, and nothing is written then.

    Raises
    ------
    DataError
        No such file, or a damaged one.
    ConfigError
        Files of different levels, none at all, or `dst` among them.
    """
    paths, target = [Path(file) for file in files], Path(dst)
    if not paths:
        raise ConfigError("files: expected at least 1, got none")
    for path in paths:
        if not path.is_file():
            raise DataError(f"{path}: no such file")
        if target.exists() and path.samefile(target):
            raise ConfigError(f"dst: expected a file that is not merged, got {target}")
    _core.events_merge(paths, target, checkpoint_every, told=progress)
    return written(target)
