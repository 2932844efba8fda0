"""What each part of the mechanism is worth: the same contest without it, day by day against the whole.

`variants` names what is left out, `estimate` says what it would cost, `compare` puts the runs side by side.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.contest.ablate._estimate import Estimate, estimate
    from quantrl.contest.ablate._run import ablate
    from quantrl.contest.ablate.comparison import Comparison, Outcome, compare
    from quantrl.contest.ablate.variant import NAMES, Variant, variants

_HOME = {
    "Comparison": "comparison",
    "Estimate": "_estimate",
    "NAMES": "variant",
    "Outcome": "comparison",
    "Variant": "variant",
    "ablate": "_run",
    "compare": "comparison",
    "estimate": "_estimate",
    "variants": "variant",
}

__all__ = [
    "NAMES",
    "Comparison",
    "Estimate",
    "Outcome",
    "Variant",
    "ablate",
    "compare",
    "estimate",
    "variants",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
