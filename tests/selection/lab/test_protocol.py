"""The compiled lab and its NumPy definition walk the same arrays: same weights, same figures."""

from __future__ import annotations

import numpy as np
import pytest

from counts import full_or
from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.selection import lab
from quantrl.selection.lab._protocol import Outcome
from reference import lab as slow
from reference.lab_pools import NAMES, draw_pool, scaled
from reference.lab_rules import rules
from selection.lab.kept import keep

DAYS, SEEDS = full_or(1008, 300), full_or(20, 2)


def pools(name: str) -> tuple[slow.Pool, lab.Pools]:
    whole = draw_pool(name, seeds=SEEDS, seed=11)
    parts = [v[:, :DAYS].copy() for v in (whole.returns, whole.acted, whole.truth, whole.born)]
    return slow.Pool(name, *parts), lab.Pools(
        name, parts[0], parts[1].astype(np.uint8), parts[2], parts[3].astype(np.uint8)
    )


def fast(pool: lab.Pools, names: list[str], **options: int) -> list[Outcome]:
    return lab.run(pool, [lab.RULES[name] for name in names], weights=True, **options)


# Sparse rows, births, clones and crashes between them reach every branch.
@pytest.mark.parametrize("name", full_or(NAMES, ("P1", "P4", "P5", "P6", "P8")))
def test_every_rule_on_the_same_arrays(name: str) -> None:
    reference, given = pools(name)
    x = scaled(reference.returns, reference.born)
    made = rules(reference.returns.shape[::2], x)
    assert set(made) == set(lab.RULES)
    apart = 0.0
    for (rule, build), mine in zip(made.items(), fast(given, list(made)), strict=True):
        found = slow.run(reference, build(), x=x)
        np.testing.assert_allclose(mine.weights, found.weights, atol=1e-9, err_msg=rule)
        np.testing.assert_allclose(mine.sharpe, found.sharpes, atol=1e-9, err_msg=rule)
        apart = max(apart, float(np.abs(mine.sharpe - found.sharpes).max()))
        assert mine.turnover.mean() == pytest.approx(found.turnover, abs=1e-9)
        # Weights of Hedge that rounding tells apart in one and not in the other are ties of tau.
        for measure, limit in (("precision", 1e-9), ("tau", 1e-5)):
            column = getattr(mine, measure)
            known = column[~np.isnan(column)]
            average = known.mean() if len(known) else np.nan
            assert average == pytest.approx(getattr(found, measure), abs=limit, nan_ok=True), rule
    counts = {"pools": SEEDS, "days": DAYS, "rules": len(made), "largest Sharpe difference": f"{apart:.1e}"}
    keep(f"protocol_{name}", f"compiled lab beside its NumPy definition, {name}", counts, "11")


def test_a_flip_is_detected_on_the_same_day() -> None:
    whole = draw_pool("P1", seeds=2, seed=5)
    given = lab.Pools(
        "P1", whole.returns, whole.acted.astype(np.uint8), whole.truth, whole.born.astype(np.uint8)
    )
    x = scaled(whole.returns, whole.born)
    for rule in ("core", "RollingSharpe 63"):
        mine = fast(given, [rule])[0].detection
        found = slow.run(whole, rules(whole.returns.shape[::2], x)[rule](), x=x).detection
        assert np.median(mine[~np.isnan(mine)]) == found


def test_a_delay_uses_older_rows() -> None:
    reference, given = pools("P1")
    x = scaled(reference.returns, reference.born)
    for rule in ("core", "ContestTrade top 3"):
        mine = fast(given, [rule], delay=5)[0]
        found = slow.run(reference, rules(reference.returns.shape[::2], x)[rule](), x=x, delay=5)
        np.testing.assert_allclose(mine.weights, found.weights, atol=1e-9)


def test_what_is_refused() -> None:
    given = lab.draw("P0", seeds=1, days=70)
    rule = [lab.RULES["core"]]
    with pytest.raises(LookAheadError, match="delay: expected at least 1, got 0"):
        lab.run(given, rule, delay=0)
    spoilt = given.returns.copy()
    spoilt[0, 3, 2] = np.nan
    with pytest.raises(DataError, match="row 3, column 2"):
        lab.run(lab.Pools("P0", spoilt, given.acted, given.truth, given.born), rule)
    idle = np.zeros_like(given.acted)
    with pytest.raises(DataError, match="expected 0 where an agent did not act"):
        lab.run(lab.Pools("P0", given.returns, idle, given.truth, given.born), rule)
    with pytest.raises(ConfigError, match="unknown number"):
        lab.run(given, [lab.LabRule("x", "hedge", {"rate": 1.0})])
    with pytest.raises(ConfigError, match="expected one of equal_weight"):
        lab.run(given, [lab.LabRule("x", "magic")])
    with pytest.raises(ConfigError, match="agents below 40"):
        lab.run(given, [lab.LabRule("x", "fixed", agents=(40,))])
    with pytest.raises(DataError, match="acted: expected shape"):
        lab.Pools("P0", given.returns, given.acted[:, 1:], given.truth, given.born)
