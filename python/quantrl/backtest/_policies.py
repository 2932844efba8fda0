"""Native policies by name: their parameters as the engine takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quantrl import _core
from quantrl._exact import nanoseconds
from quantrl.errors import ConfigError

#: ``"noop"``, or a name with parameters: ``("quote", {"offset": 1, "size": 1, "refresh": "10ms"})``.
Policy = str | tuple[str, Mapping[str, Any]]


def native(policy: Policy) -> tuple[str, list[int]]:
    """Name and a whole number for each parameter, in the engine's order.

    Raises
    ------
    ConfigError
        An unknown policy or parameter, or not a number or duration.
    """
    name, given = (policy, {}) if isinstance(policy, str) else policy
    known = dict(_core.tick_policies())
    if name not in known:
        raise ConfigError(f"policy: expected one of {', '.join(known)}, got {name!r}")
    names = [parameter for parameter, _, _ in known[name]]
    for parameter in given:
        if parameter not in names:
            raise ConfigError(
                f"policy {name}: expected any of {', '.join(names) or 'no parameter'}, got {parameter!r}"
            )
    return name, [
        _value(f"{name}.{parameter}", given[parameter], is_duration) if parameter in given else default
        for parameter, is_duration, default in known[name]
    ]


def _value(field: str, value: Any, is_duration: bool) -> int:
    if is_duration:
        return nanoseconds(field, value)
    try:
        number = int(value) if isinstance(value, str) else value
    except ValueError:
        number = None
    if isinstance(number, bool) or not isinstance(number, int) or not -(2**63) <= number < 2**63:
        raise ConfigError(f"{field}: expected a whole number, got {value!r}")
    return number
