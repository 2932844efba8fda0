"""How numbers are printed."""

from __future__ import annotations

import pytest

from quantrl.report.figures.theme import log_axis
from quantrl.report.numbers import MEASURE_UNITS, UNITS, show_number
from quantrl.report.whisker import WhiskerScale


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (None, "ratio", "—"),
        (0.005, "percent", "0.5%"),
        (-0.3416, "percent", "−34.2%"),
        (-0.0001, "percent", "0.0%"),
        (-0.2, "lead", "0.20"),
        (0.2, "lead", "−0.20"),
        (1_234_567.4, "money", "1,234,567"),
        (3.14e-13, "tiny", "3.1e−13"),
        (-2.0e5, "tiny", "−2.0e+05"),
        (0.0, "tiny", "0.0e+00"),
        (12.34, "bps1", "12.3 bp"),
        (1, "count", "1"),
    ],
)
def test_show_number(value: float | None, unit: str, shown: str) -> None:
    assert show_number(value, unit) == shown


def test_every_measure_has_a_known_unit() -> None:
    assert set(MEASURE_UNITS.values()) <= set(UNITS)


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (0.8, 60.0, ["1×", "2×", "5×", "10×", "20×", "50×"]),
        (0.8, 4.2, ["1×", "1.5×", "2×", "3×", "4×"]),
        (0.9, 1.25, ["0.9×", "1×", "1.1×", "1.2×", "1.3×"]),
        (0.5, 60_000.0, ["1×", "10×", "100×", "1,000×", "10,000×"]),
        (0.999, 1.001, []),
    ],
)
def test_log_axes_have_a_few_round_ticks(low: float, high: float, labels: list[str]) -> None:
    shown = log_axis(low, high).get("ticktext", [])
    assert [label for label in labels if label not in shown] == []
    assert len(shown) in ((0,) if not labels else range(4, 10))


def test_whiskers_share_one_axis_that_holds_zero() -> None:
    scale = WhiskerScale.over([0.5, None, 1.0])
    assert (scale.low, scale.high) == (0.0, 1.0)
    assert scale.x(0.0) < scale.x(0.5) < scale.x(1.0)
    assert 'class="sure"' in scale.cell(0.7, 0.1, 0.9)
    assert 'class="unsure"' in scale.cell(0.7, 0.0, 0.9)
    assert 'class="unsure"' in scale.cell(0.7, None, None)
    assert scale.cell(None, None, None) == ""
    assert WhiskerScale.over([]).x(0.0) > 0


def test_labels_of_the_axis_do_not_touch() -> None:
    assert WhiskerScale.over([-1.0, 1.0]).axis().count("<text") == 3
    assert WhiskerScale.over([-0.01, 1.0]).axis().count("<text") == 2
