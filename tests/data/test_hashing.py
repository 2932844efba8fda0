from __future__ import annotations

import numpy as np
import pytest

from quantrl.data.instrument import Instrument
from quantrl.data.panel import Panel

CLOSE = np.arange(1.0, 7.0).reshape(3, 2)
TIME = np.array([10, 20, 30])


def test_id_is_pinned() -> None:
    assert Panel({"close": CLOSE}, TIME, ["A", "B"]).id == GOLDEN


GOLDEN = "d7a11f4cac5adfc7403f883a37d76a48f571a2c01043b3388454687e217c63ef"


def test_id_ignores_labels_and_the_order_of_columns() -> None:
    one = Panel({"close": CLOSE, "open": CLOSE}, TIME, ["A", "B"], name="x", flags=["y"], periods_per_year=1)
    two = Panel({"open": CLOSE, "close": CLOSE}, TIME, ["A", "B"], source="z")
    assert one.id == two.id


@pytest.mark.parametrize(
    "other",
    [
        Panel({"close": CLOSE + 1e-12}, TIME, ["A", "B"]),
        Panel({"open": CLOSE}, TIME, ["A", "B"]),
        Panel({"close": CLOSE}, TIME + 1, ["A", "B"]),
        Panel({"close": CLOSE}, TIME, ["B", "A"]),
        Panel({"close": CLOSE}, TIME, [Instrument("A", lot=1.0), "B"]),
        Panel({"close": CLOSE}, TIME, ["A", "B"], available_at={"close": 1}),
        Panel({"close": CLOSE}, TIME, ["A", "B"], masks={"member": np.ones((3, 2), dtype=bool)}),
        Panel({"close": CLOSE[:, :1]}, TIME, ["A"]),
    ],
)
def test_id_sees_every_change(other: Panel) -> None:
    assert Panel({"close": CLOSE}, TIME, ["A", "B"]).id != other.id
