"""Checks of rule parameters; each error names the agent, the parameter, what it expects and what came."""

from __future__ import annotations

from quantrl.errors import ConfigError

_MOST = 100_000


def whole(agent: str, name: str, value: object, *, least: int, most: int = _MOST) -> None:
    """Refuse anything but an integer in [least, most].

    Raises
    ------
    ConfigError
        Not an integer, or outside the range.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigError(f"agent {agent}: {name} expects an integer from {least} to {most}, got {value!r}")


def real(agent: str, name: str, value: object, *, least: float, most: float) -> None:
    """Refuse anything but a number in [least, most]; NaN is refused.

    Raises
    ------
    ConfigError
        Not a number, or outside the range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise ConfigError(f"agent {agent}: {name} expects a number from {least:g} to {most:g}, got {value!r}")


def below(agent: str, name: str, value: int, other: str, bound: int) -> None:
    """Refuse a parameter that is not smaller than another one.

    Raises
    ------
    ConfigError
        `value` is `bound` or more.
    """
    if value >= bound:
        raise ConfigError(f"agent {agent}: {name} expects less than {other} = {bound}, got {value}")
