"""Drawn once from the seed."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection import Ledger
from quantrl.selection.baselines.equal_weight import EqualWeight
from quantrl.selection.baselines.random_k import RandomK


def test_the_same_agents_for_ever() -> None:
    view = Ledger().as_of(0)
    one, two = RandomK(seed=3), RandomK(seed=3)
    shares = one.step(view, 28)
    assert np.count_nonzero(shares) == 4
    assert shares.sum() == pytest.approx(1.0)
    assert one.step(view, 28).tobytes() == shares.tobytes() == two.step(view, 28).tobytes()
    others = {RandomK(seed=s).step(view, 28).tobytes() for s in range(20)}
    assert len(others) > 15


def test_k_is_as_asked_and_at_most_everybody() -> None:
    view = Ledger().as_of(0)
    assert np.count_nonzero(RandomK(3).step(view, 28)) == 3
    assert np.count_nonzero(RandomK(9).step(view, 4)) == 4
    with pytest.raises(ConfigError):
        RandomK(0)


def test_equal_weight_is_equal() -> None:
    assert EqualWeight().step(Ledger().as_of(0), 4).tolist() == [0.25] * 4
