"""Whole numbers that are none are refused by name, not by the first integer type they meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from quantrl import metrics
from quantrl.errors import ConfigError

TABLE = np.random.default_rng(0).standard_normal((100, 3)) * 0.01
ONE = TABLE[:, 0]
ANNUAL: dict[str, Any] = {"periods_per_year": 252.0}
ASKED: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any], tuple[str, ...]]] = [
    (metrics.superiority, (TABLE,), {}, ("draws", "seed", "stream")),
    (metrics.intervals, (TABLE,), ANNUAL, ("draws", "seed", "stream", "threads")),
    (metrics.sharpe_difference, (ONE, TABLE[:, 1]), ANNUAL, ("draws", "seed", "stream")),
    (metrics.iqm, (ONE,), {}, ("draws", "seed", "stream")),
    (metrics.probability_of_improvement, (ONE, ONE), {}, ("draws", "seed", "stream")),
    (metrics.pbo, (TABLE,), {}, ("blocks",)),
    (metrics.worst_drawdowns, (ONE,), {}, ("count",)),
]
CASES = [(ask, given, options, name) for ask, given, options, names in ASKED for name in names]


@pytest.mark.parametrize(("ask", "given", "options", "name"), CASES)
@pytest.mark.parametrize("wrong", [-1, 2**64, 1.5, True])
def test_refused_by_name(
    ask: Callable[..., Any], given: tuple[Any, ...], options: dict[str, Any], name: str, wrong: Any
) -> None:
    with pytest.raises(ConfigError, match=f"{name}: expected a whole number of at least 0, got {wrong}"):
        ask(*given, **{**options, name: wrong})


def test_lengths_of_blocks() -> None:
    for lengths in ([-1, 3], [1.5, 3.0], [2**70, 3]):
        with pytest.raises(ConfigError, match="lengths: block 0: expected a whole number"):
            metrics.pbo_of_sums(lengths, np.ones((3, 4)))


def test_integers_of_numpy_are_whole() -> None:
    assert metrics.iqm(ONE, draws=np.int64(50)).draws == 50
