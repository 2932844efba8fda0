"""Desks with somebody behind them, closed when a test is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from quantrl.contest.desk import Desk, Model
from quantrl.contest.llm.protocol import LLM
from quantrl.contest.llm.waves import Waves

DeskOf = Callable[..., Desk]


@pytest.fixture
def desk_of() -> Iterator[DeskOf]:
    """``desk_of(llm, **settings of Waves)``; `limit` is the model's."""
    opened: list[Waves] = []

    def make(llm: LLM | None, *, limit: int | None = None, **settings: Any) -> Desk:
        waves = Waves({"scripted": llm} if llm else {}, **settings)
        opened.append(waves)
        return Desk(waves, default=Model("scripted", "m", temperature=0.7, limit=limit))

    yield make
    for waves in opened:
        waves.close()
