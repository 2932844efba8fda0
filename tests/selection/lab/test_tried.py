"""Ideas beside the core: the core is the compiled one, and an idea knows no later day."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import DataError
from quantrl.selection import lab
from quantrl.selection.lab import _tried as tried

IDEAS = (
    tried.Idea("market", state="market", window=21, blend=0.5),
    tried.Idea("calm", state="calm", window=21, blend=1.0),
    tried.Idea("top-p", top_p=0.8),
)


@pytest.mark.parametrize("name", ["P1", "P8"])
def test_the_core_is_the_compiled_one(name: str) -> None:
    pools = lab.draw(name, seeds=2, days=400)
    days = tried.Days.of(pools)
    weights = tried.walk(days, tried.CORE)
    (expected,) = lab.run(pools, [lab.RULES["core"]], weights=True)
    assert expected.weights is not None
    np.testing.assert_array_equal(weights, expected.weights)
    np.testing.assert_allclose(tried.sharpes(days, weights), expected.sharpe, atol=1e-9)


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_nothing_later_moves_a_weight(idea: tried.Idea) -> None:
    pools = lab.draw("P2", seeds=2, days=300)
    days = tried.Days.of(pools)
    clean = tried.walk(days, idea)
    later = tried.Days(days.x.copy(), days.z.copy())
    later.x[:, 200:] *= -9.0
    later.z[:, 200:] *= -9.0
    np.testing.assert_array_equal(tried.walk(later, idea)[:, :201], clean[:, :201])
    assert not np.array_equal(clean, tried.walk(days, tried.CORE))
    np.testing.assert_allclose(clean.sum(axis=2), 1.0)


def test_an_idea_without_weight_is_the_core() -> None:
    days = tried.Days.of(lab.draw("P2", seeds=2, days=200))
    none = tried.Idea("none", state="market", blend=0.0)
    np.testing.assert_array_equal(tried.walk(days, none), tried.walk(days, tried.CORE))


def test_chances_to_be_among_the_best_add_up_to_the_slots() -> None:
    rng = np.random.default_rng(4)
    mean, sd = rng.standard_normal((3, 40)), rng.uniform(0.2, 1.0, (3, 40))
    chance = tried._among_best(mean, sd)
    np.testing.assert_allclose(chance.sum(axis=1), tried.SLOTS, atol=1e-4)
    certain = tried._among_best(mean, np.full((3, 40), 1e-5))
    np.testing.assert_array_equal(certain > 0.5, mean >= np.sort(mean, axis=1)[:, [-5]])


def test_pools_with_arrivals_or_absence_are_refused() -> None:
    for name in ("P5", "P6"):
        with pytest.raises(DataError, match="nobody arrives"):
            tried.Days.of(lab.draw(name, seeds=2, days=100))
