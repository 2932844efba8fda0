"""Order by the key, ties by id, and the chance of being among the best."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection.rank.identity import Identity
from selection.frames import frame


def test_best_first_ties_by_id_and_not_ready_last() -> None:
    ranking = Identity().rank([frame([0.1, np.nan, 0.3, 0.1, np.nan])], np.zeros(5, dtype=bool))
    assert ranking.order.tolist() == [2, 0, 3, 1, 4]
    assert ranking.pos.tolist() == [2, 4, 1, 3, 5]


def test_a_funded_agent_keeps_its_place_until_clearly_overtaken() -> None:
    held = np.array([True, False])
    assert Identity(0.5).rank([frame([0.10, 0.14])], held).order[0] == 0
    assert Identity(0.5).rank([frame([0.10, 0.16])], held).order[0] == 1
    assert Identity(0.0).rank([frame([0.10, 0.14])], held).order[0] == 1
    assert Identity(0.5).rank([frame([0.10, 0.14])], held).key.tolist() == pytest.approx([0.15, 0.14])


def test_chances_add_up_and_ignore_the_bonus() -> None:
    scores = frame([0.3, 0.1, 0.0, -0.2, np.nan])
    ranking = Identity().rank([scores], np.array([False, True, False, False, False]))
    chance = ranking.p_top_k(2)
    assert chance.sum() == pytest.approx(2.0)
    assert chance[4] == 0
    assert (np.diff(chance[:4]) < 0).all()
    again = Identity().rank([scores], np.zeros(5, dtype=bool))
    assert again.p_top_k(2).tobytes() == chance.tobytes()


def test_nobody_ready() -> None:
    ranking = Identity().rank([frame([np.nan, np.nan])], np.zeros(2, dtype=bool))
    assert ranking.p_top_k(1).tolist() == [0, 0]
    assert Identity().rank([frame([])], np.zeros(0, dtype=bool)).order.tolist() == []


def test_wants_one_frame() -> None:
    with pytest.raises(ConfigError, match="one score frame, got 2"):
        Identity().rank([frame([0.1]), frame([0.1])], np.zeros(1, dtype=bool))
