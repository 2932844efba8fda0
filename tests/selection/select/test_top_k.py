"""How many slots, and who gets them."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.selection.gate import report
from quantrl.selection.rank.identity import Identity
from quantrl.selection.select import Selection
from quantrl.selection.select.top_k import TopK
from selection.frames import frame


def choose(mean: list[float], allowed: list[bool], k: int | None = None) -> Selection:
    ranking = Identity().rank([frame(mean)], np.zeros(len(mean), dtype=bool))
    masks = [~np.array(allowed), *[np.zeros(len(mean), dtype=bool)] * 5]
    return TopK(k).select(ranking, report(masks), len(mean))


@pytest.mark.parametrize(
    ("ready", "slots"), [(0, 0), (1, 1), (3, 1), (4, 2), (8, 2), (16, 2), (17, 3), (28, 4), (33, 5), (400, 5)]
)
def test_slots(ready: int, slots: int) -> None:
    assert TopK().slots(ready) == slots
    assert TopK(7).slots(ready) == 7


def test_best_allowed_and_the_runner_up() -> None:
    found = choose([0.5, 0.4, 0.3, 0.2], [True, False, True, True])
    assert (found.agents, found.k, found.runner_up) == ((0, 2), 2, 3)
    assert found.gap == pytest.approx(0.1)


def test_empty_slots_stay_empty() -> None:
    found = choose([0.5, 0.4, 0.3, 0.2], [False, True, False, False], 3)
    assert (found.agents, found.k, found.runner_up, found.gap) == ((1,), 3, None, None)
    assert choose([0.5, 0.4], [False, False]).agents == ()
