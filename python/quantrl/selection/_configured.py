"""Steps as a config wants them."""

from __future__ import annotations

import inspect
from typing import Any

from quantrl.config import SelectionConfig
from quantrl.errors import ConfigError
from quantrl.selection._members import build, member
from quantrl.typing import JsonObject

_DEFAULTS = {
    "score": ("scorer", "normal_score_eb"),
    "rank": ("aggregator", "identity"),
    "gate": ("gate", "standard"),
    "select": ("selector", "top_k"),
    "allocate": ("allocator", "equal_vol"),
}
"""Part of a pipeline each family is, and its default member."""
_SHARED = ("half_life", "hysteresis", "psr_enter", "psr_stay", "cusum_cut", "drawdown_cut", "target_vol")


def steps_of(config: SelectionConfig, *, seed: int, periods_per_year: float) -> dict[str, Any]:
    """Fresh steps and voters, by their names in `Pipeline`.

    A number of the config reaches every step that has a parameter of its name, ``top_k`` also as ``k``, unless the step's
    own table says otherwise.

    Raises
    ------
    ConfigError
        No such member, no such parameter, or a value the step refuses.
    """
    shared = {
        **{name: getattr(config, name) for name in _SHARED},
        "k": config.top_k,
        **({} if config.top_k is None else {"top_k": config.top_k}),
        "seed": seed,
        "periods_per_year": periods_per_year,
    }
    steps = {
        part: _configured(family, getattr(config, family) or {"name": name}, shared)
        for family, (part, name) in _DEFAULTS.items()
    }
    return {**steps, "voters": [_configured("score", voter, shared) for voter in config.voters]}


def _configured(family: str, table: JsonObject, shared: JsonObject) -> Any:
    name, params = str(table["name"]), {key: value for key, value in table.items() if key != "name"}
    known = list(inspect.signature(member(family, name)).parameters)
    unknown = next((key for key in params if key not in known), None)
    if unknown is not None:
        raise ConfigError(
            f"selection.{family}: {name} has no parameter {unknown!r}; it has: {', '.join(known) or 'none'}"
        )
    given = {key: value for key, value in shared.items() if key in known}
    return build(family, {**given, **params, "name": name})
