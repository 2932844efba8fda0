"""Values of a parameter as text."""

from __future__ import annotations

from quantrl.errors import ConfigError

_MOST = 1_000_000


def values_of(name: str, given: str | list[int | float]) -> list[int | float]:
    """``2:143`` and ``2:143:5`` as Python's range, ``5,10,20`` as a list; a list as it is.

    Raises
    ------
    ConfigError
        Anything else, or more than a million values; the message names the parameter.
    """
    if not isinstance(given, str):
        return list(given)
    if ":" not in given:
        return [_number(name, part, given) for part in given.split(",")]
    bounds = [_number(name, part, given) for part in given.split(":")]
    if len(bounds) not in (2, 3) or not all(isinstance(bound, int) for bound in bounds) or 0 in bounds[2:]:
        raise ConfigError(f"{name}: expected START:STOP or START:STOP:STEP in whole numbers, got {given!r}")
    found = range(*(int(bound) for bound in bounds))
    if not 0 < len(found) <= _MOST:
        raise ConfigError(f"{name}: expected 1 to {_MOST:,} values, {given!r} gives {len(found):,}")
    return list(found)


def _number(name: str, text: str, given: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"{name}: expected numbers such as 2:143 or 5,10,20, got {given!r}") from None
