"""Checks of what a step is built with."""

from __future__ import annotations

import importlib.util
import math
from typing import Any

from quantrl.errors import ConfigError
from quantrl.metrics._settings import whole

__all__ = ["installed", "number", "one_of", "whole"]


def number(name: str, value: Any, low: float, high: float = math.inf, *, above: bool = False) -> float:
    """A number in [low, high], or in (low, high] with `above`.

    Raises
    ------
    ConfigError
        It is not.
    """
    real = isinstance(value, int | float) and not isinstance(value, bool)
    if not real or not (low < value if above else low <= value) or not value <= high:
        start = f"above {low:g}" if above else f"of at least {low:g}"
        raise ConfigError(
            f"{name}: expected a number {start}"
            + (f" and at most {high:g}" if high < math.inf else "")
            + f", got {value!r}"
        )
    return float(value)


def one_of(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """One of the choices.

    Raises
    ------
    ConfigError
        It is not.
    """
    if not isinstance(value, str) or value not in choices:
        raise ConfigError(f"{name}: expected one of {', '.join(choices)}; got {value!r}")
    return value


def installed(step: str, module: str) -> None:
    """Refuse to go on without a module of the extra ``baselines``.

    Raises
    ------
    ConfigError
        It is not installed.
    """
    if importlib.util.find_spec(module) is None:
        raise ConfigError(f"{step}: needs {module}, got none; pip install 'quantrl[baselines]'")
