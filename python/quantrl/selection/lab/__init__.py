"""The lab: pools of agents whose skill is known, the rules compared on them, and checks that must be loud.

Caveat of every figure here: skill is constant, flips, takes turns or decays. Agents with short momentum could favour
short windows; test on real pools.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.selection.lab._checks import Check, checks
    from quantrl.selection.lab._null import Rates, null_rates
    from quantrl.selection.lab._pipeline_file import read_pipeline
    from quantrl.selection.lab._pools import DAYS, POOLS, Pools, draw
    from quantrl.selection.lab._protocol import run
    from quantrl.selection.lab._reference import FRESH, REFERENCE, Reference
    from quantrl.selection.lab._rules import RULES, LabRule, rules
    from quantrl.selection.lab._table import Cell, Table, table
    from quantrl.selection.lab._targets import Target, targets
    from quantrl.selection.lab._trials import Gain, Trials, trials
    from quantrl.selection.lab._what_if import AS_RUN, WhatIf, what_if

_NAMES = {
    "AS_RUN": "_what_if",
    "Cell": "_table",
    "Check": "_checks",
    "DAYS": "_pools",
    "FRESH": "_reference",
    "Gain": "_trials",
    "LabRule": "_rules",
    "POOLS": "_pools",
    "Pools": "_pools",
    "REFERENCE": "_reference",
    "RULES": "_rules",
    "Rates": "_null",
    "Reference": "_reference",
    "Table": "_table",
    "Target": "_targets",
    "Trials": "_trials",
    "WhatIf": "_what_if",
    "checks": "_checks",
    "draw": "_pools",
    "null_rates": "_null",
    "read_pipeline": "_pipeline_file",
    "rules": "_rules",
    "run": "_protocol",
    "table": "_table",
    "targets": "_targets",
    "trials": "_trials",
    "what_if": "_what_if",
}

__all__ = [
    "AS_RUN",
    "DAYS",
    "FRESH",
    "POOLS",
    "REFERENCE",
    "RULES",
    "Cell",
    "Check",
    "Gain",
    "LabRule",
    "Pools",
    "Rates",
    "Reference",
    "Table",
    "Target",
    "Trials",
    "WhatIf",
    "checks",
    "draw",
    "null_rates",
    "read_pipeline",
    "rules",
    "run",
    "table",
    "targets",
    "trials",
    "what_if",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"quantrl.selection.lab.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'quantrl.selection.lab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
