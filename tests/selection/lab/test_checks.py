"""The loud checks hold, and are loud when something is wrong."""

from __future__ import annotations

import pytest

from counts import full_or
from quantrl.metrics import superiority
from quantrl.selection import lab
from quantrl.selection.lab import _checks
from selection.lab.kept import keep

SEEDS = full_or(60, 24)


def test_all_hold() -> None:
    found = lab.checks(seeds=SEEDS, threads=2)
    assert [one.name for one in found] == [check.__name__ for check in _checks.CHECKS]
    keep("checks", "loud checks on P1", {"pools": SEEDS, **{one.name: one.text for one in found}}, "11")
    assert not [one for one in found if not one.passed]


def test_a_rule_that_favours_low_ids_is_seen_by_its_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    fixed = lab.LabRule("first five", "fixed", agents=(0, 1, 2, 3, 4))
    monkeypatch.setitem(_checks.RULES, "default", fixed)
    assert not _checks.label(lab.draw("P1", seeds=2), 1).passed


def test_nobody_has_skill_and_few_are_said_to() -> None:
    found = lab.null_rates(runs=full_or(500, 100), threads=2)
    assert [(one.kind, one.days) for one in found] == [
        ("P0", 252),
        ("P0", 504),
        ("P0-clones", 252),
        ("P0-clones", 504),
    ]
    rates = {f"{one.kind} {one.days} d": f"{one.stepm:.1%}, e-process {one.evidence:.1%}" for one in found}
    keep("null", "pools without skill in which somebody is named", {"runs of each": found[0].runs, **rates})
    assert not [one for one in found if not one.passed]
    assert min(one.best for one in found) > 0.4


def test_the_skilled_are_named() -> None:
    strong = 0.0
    for returns in lab.draw("P1", seeds=20, days=504).returns:
        adjusted = superiority(returns, draws=200).adjusted
        assert adjusted.shape == (40,)
        strong += (adjusted[36:] <= 0.05).mean() / 20
    assert 0.3 < strong < 0.95
