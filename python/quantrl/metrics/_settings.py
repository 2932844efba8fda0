"""Checks of the whole numbers a measure is asked with."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.errors import ConfigError

_MOST = 2**64 - 1


def whole(name: str, value: Any, least: int = 0) -> int:
    """An integer of at least `least` that fits 64 bits.

    Raises
    ------
    ConfigError
        It is not.
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= _MOST:
        raise ConfigError(f"{name}: expected a whole number of at least {least}, got {value!r}")
    return int(value)
