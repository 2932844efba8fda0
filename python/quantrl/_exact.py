"""Durations, rates and amounts as text, read exactly: whole nanoseconds and billionths."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from quantrl.errors import ConfigError

_MINUTE = 60 * 10**9
_NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 10**9, "m": _MINUTE, "min": _MINUTE, "h": 60 * _MINUTE}
_RATES = {"bp": Decimal("1e-4"), "%": Decimal("1e-2"), "": Decimal(1)}
_NUMBER = re.compile(r"\s*([+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,2})?)\s*([a-z%]*)\s*")


def nanoseconds(field: str, duration: int | str) -> int:
    """Whole nanoseconds of ``"250us"``, ``"10ms"``, ``"1.5s"``, ``"2m"``, ``"2min"``, ``"1h"`` or of a number of them.

    Raises
    ------
    ConfigError
        Another text, a part of a nanosecond, or beyond 64 bits; `field` is named.
    """
    if isinstance(duration, int) and not isinstance(duration, bool):
        ns = duration
    else:
        ns = _scaled(
            field, duration, {unit: Decimal(n) for unit, n in _NS.items()}, "a duration such as 250us"
        )
    if not -(2**63) <= ns < 2**63:
        raise ConfigError(f"{field}: expected nanoseconds within 64 bits, got {duration!r}")
    return ns


def billionths(field: str, rate: str | float) -> int:
    """Whole 1e-9 of ``"7bp"``, ``"-0.5bp"``, ``"0.07%"``, ``"0.0007"`` or a number.

    Raises
    ------
    ConfigError
        Another text, or finer than 1e-9; `field` is named.
    """
    text = str(rate) if isinstance(rate, int | float) and not isinstance(rate, bool) else rate
    units = {unit: scale * 10**9 for unit, scale in _RATES.items()}
    return _scaled(field, text, units, "a rate such as 7bp")


def _scaled(field: str, text: object, units: dict[str, Decimal], expected: str) -> int:
    found = _NUMBER.fullmatch(text) if isinstance(text, str) else None
    if found is None or found[2] not in units:
        raise ConfigError(
            f"{field}: expected {expected} (units {', '.join(filter(None, units))}), got {text!r}"
        )
    try:
        scaled = Decimal(found[1]) * units[found[2]]
        whole = scaled.to_integral_exact()
    except InvalidOperation:
        raise ConfigError(f"{field}: expected {expected}, got {text!r}") from None
    if whole != scaled or abs(whole) >= 2**63:
        raise ConfigError(f"{field}: expected {expected} in whole nanoseconds or 1e-9, got {text!r}")
    return int(whole)
