"""Which agent to trust now, with what capital, and why: ledger, score, rank, gate, select, allocate.

`Contest` runs agents on a panel; `Pipeline` is the decision alone, for any caller that keeps a `Ledger`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.selection._decide import Targets, decide
    from quantrl.selection._explain import Explanation, explain
    from quantrl.selection._leaderboard import Leaderboard, leaderboard
    from quantrl.selection._ledger_view import LedgerView
    from quantrl.selection._result import ContestResult
    from quantrl.selection._step import PipelineStep
    from quantrl.selection.audit import AuditCheck, check
    from quantrl.selection.entrant import Entrant
    from quantrl.selection.frame import ScoreFrame
    from quantrl.selection.ledger import Ledger
    from quantrl.selection.pipeline import Pipeline
    from quantrl.selection.runner import Contest, build_contest

_NAMES = {
    "AuditCheck": "audit",
    "Contest": "runner",
    "ContestResult": "_result",
    "Entrant": "entrant",
    "Explanation": "_explain",
    "Leaderboard": "_leaderboard",
    "Ledger": "ledger",
    "LedgerView": "_ledger_view",
    "Pipeline": "pipeline",
    "PipelineStep": "_step",
    "ScoreFrame": "frame",
    "Targets": "_decide",
    "build_contest": "runner",
    "check": "audit",
    "decide": "_decide",
    "explain": "_explain",
    "leaderboard": "_leaderboard",
}

__all__ = [
    "AuditCheck",
    "Contest",
    "ContestResult",
    "Entrant",
    "Explanation",
    "Leaderboard",
    "Ledger",
    "LedgerView",
    "Pipeline",
    "PipelineStep",
    "ScoreFrame",
    "Targets",
    "build_contest",
    "check",
    "decide",
    "explain",
    "leaderboard",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"quantrl.selection.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'quantrl.selection' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
