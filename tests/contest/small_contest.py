"""A contest of a few days on the planted world, and a model that says what rules would say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from quantrl.contest import ContestConfig, ContestRun, ContestTrade, DocumentStore, load_planted
from quantrl.contest.analysts import rules
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.scripted import Scripted
from quantrl.data import Panel

AGENTS = [
    "contest/researcher:catalyst",
    "contest/researcher:contrarian",
    "rules/momentum",
    "rules/equal_weight",
]
PLENTY: dict[str, Any] = {
    "agents": [*AGENTS[:2], {"id": "rules/momentum", "params": {"lookback": 10, "skip": 1}}, AGENTS[3]]
}


@cache
def world(n_days: int = 30) -> tuple[Panel, DocumentStore]:
    """Prices and documents, made once."""
    return load_planted(0, n_days=n_days)


@contextmanager
def unsynced() -> Iterator[None]:
    """Nothing waits for the disk: only a loss of power could tell."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda file: None)
        yield


def config(days: int = 4, **changes: Any) -> ContestConfig:
    """So many days from 2030-01-21 on, a Monday."""
    ends = ["21", "22", "23", "24", "25", "28", "29", "30", "31"]
    settings: dict[str, Any] = {
        "start": "2030-01-21",
        "end": f"2030-01-{ends[days - 1]}",
        "contest": {"context": {"capacity": 1_600}},
        "agents": AGENTS,
    }
    return ContestConfig(**{**settings, **changes})


def talking() -> Scripted:
    """A test double that answers as rules do."""

    def say(req: Request) -> Any:
        return rules.answer(req.task, req.payload)

    return Scripted(say)


def run(out: Path, made: ContestConfig | None = None, **options: Any) -> ContestRun:
    """A contest into a folder."""
    trade = {name: options.pop(name) for name in ("llms", "threads") if name in options}
    return ContestTrade(made or config(), root=out.parent, **trade).run(*world(), out=out, **options)
