"""Filed figures of a config."""

from __future__ import annotations

from quantrl.contest.config import ContestConfig
from quantrl.contest.fundamentals import Fundamentals


def figures_of(config: ContestConfig, given: Fundamentals | None = None) -> Fundamentals | None:
    """Those that are given, else those of the file the config names, else none.

    Raises
    ------
    DataError, ConfigError
        A file that cannot be used.
    """
    if given is not None or config.fundamentals is None:
        return given
    return Fundamentals.read(config.fundamentals.path, time_zone=config.fundamentals.time_zone)
