"""Drawdown path and spells."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.report.drawdowns import Spell, drawdown_path, worst_spells

CURVE = np.array([100.0, 90.0, 100.0, 120.0, 60.0, 90.0, 130.0, 117.0])


def test_the_path_is_relative_to_the_highest_point_so_far() -> None:
    assert drawdown_path(CURVE) == pytest.approx([0, -0.1, 0, 0, -0.5, -0.25, 0, -0.1])


def test_spells_are_deepest_first_and_the_last_one_is_open() -> None:
    spells = worst_spells(CURVE)
    assert [(s.peak, s.trough, s.recovered) for s in spells] == [(3, 4, 6), (0, 1, 2), (6, 7, None)]
    assert spells[0].depth == -0.5
    assert worst_spells(CURVE, 1) == spells[:1]


def test_a_rising_curve_has_none() -> None:
    assert worst_spells(np.array([1.0, 1.0, 2.0])) == []
    assert worst_spells(np.array([1.0])) == []


def test_ruin_is_a_spell_without_end() -> None:
    assert worst_spells(np.array([1.0, 0.0, 0.0])) == [Spell(-1.0, 0, 1, None)]
