"""What the research predictor learns from, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.contest.presets import DEFAULT
from quantrl.contest.rewards import rewards
from quantrl.selection import Ledger

DAY = 86_400_000_000_000


def view(n: int = 2) -> object:
    """Two agents; the second abstains on the second day."""
    ledger = Ledger(["a", "b"], overlap=1)
    for day in range(n):
        acted = np.array([1, 1 - day])
        ledger.append(
            {
                "agent": ["a", "b"],
                "decided": day * DAY,
                "effective": day * DAY + 1,
                "matured": (day + 1) * DAY,
                "gross": np.array([0.03, -0.5]) * acted,
                "cost": np.array([0.01, 0.0]),
                "usd": np.array([2.0, 0.0]),
                "acted": acted,
            }
        )
    return ledger.as_of(n * DAY)


@pytest.mark.parametrize(
    ("reward", "charged", "expected"),
    [
        ("net", False, [[0.02, -0.5], [0.02, np.nan]]),
        ("net", True, [[0.018, -0.5], [0.018, np.nan]]),
        ("gross", False, [[0.03, -0.5], [0.03, np.nan]]),
        ("first_signal", False, [[-0.07, np.nan], [np.nan, np.nan]]),
    ],
)
def test_rewards_of_the_presets(reward: str, charged: bool, expected: list[list[float]]) -> None:
    mechanism = DEFAULT.model_copy(update={"research_reward": reward, "charge_inference": charged})
    # a has a first signal of -7 % and then none; b writes no text, and its loss of half is wild as released
    first = np.array([[-0.07, np.inf], [np.nan, np.inf]])
    found = rewards(view(), mechanism, 2, 1_000.0, first)  # type: ignore[arg-type]
    assert found == pytest.approx(np.array(expected), nan_ok=True)


def test_nothing_has_matured() -> None:
    empty = Ledger(["a", "b"]).as_of(0)
    for reward in ("net", "gross", "first_signal"):
        mechanism = DEFAULT.model_copy(update={"research_reward": reward})
        assert rewards(empty, mechanism, 2, 1.0).shape == (0, 2)
