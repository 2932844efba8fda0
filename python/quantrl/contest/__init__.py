"""ContestTrade (arXiv 2508.00554): agents read documents, a contest among them picks what is read, another who trades.

Names are imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.contest.allocate import PaperShares
    from quantrl.contest.clock import Clock
    from quantrl.contest.config import ContestConfig
    from quantrl.contest.contest_run import ContestRun
    from quantrl.contest.contest_trade import ContestTrade
    from quantrl.contest.documents.store import DocumentStore, DocView
    from quantrl.contest.entities import Entities
    from quantrl.contest.fundamentals import Fundamentals
    from quantrl.contest.predict.scorer import PredictorScorer
    from quantrl.contest.research_team.beliefs import generate_beliefs
    from quantrl.contest.sources import SourceConfig, load_documents
    from quantrl.contest.sources.frame import read_frame
    from quantrl.contest.sources.planted import load_planted
    from quantrl.contest.types import Document, Factor, FactorLine, Rating, Signal
    from quantrl.contest.view import ContestView

_NAMES = {
    "Clock": "clock",
    "ContestConfig": "config",
    "ContestRun": "contest_run",
    "ContestTrade": "contest_trade",
    "ContestView": "view",
    "DocView": "documents.store",
    "Document": "types",
    "DocumentStore": "documents.store",
    "Entities": "entities",
    "Factor": "types",
    "FactorLine": "types",
    "Fundamentals": "fundamentals",
    "PaperShares": "allocate",
    "PredictorScorer": "predict.scorer",
    "Rating": "types",
    "Signal": "types",
    "SourceConfig": "sources",
    "generate_beliefs": "research_team.beliefs",
    "load_documents": "sources",
    "load_planted": "sources.planted",
    "read_frame": "sources.frame",
}

__all__ = [
    "Clock",
    "ContestConfig",
    "ContestRun",
    "ContestTrade",
    "ContestView",
    "DocView",
    "Document",
    "DocumentStore",
    "Entities",
    "Factor",
    "FactorLine",
    "Fundamentals",
    "PaperShares",
    "PredictorScorer",
    "Rating",
    "Signal",
    "SourceConfig",
    "generate_beliefs",
    "load_documents",
    "load_planted",
    "read_frame",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
