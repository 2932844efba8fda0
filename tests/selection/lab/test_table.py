"""The published table: reproduced within its errors, the same bits on any thread, targets met."""

from __future__ import annotations

import numpy as np
import pytest

from counts import full_or
from quantrl.errors import ConfigError
from quantrl.selection import lab
from selection.lab.kept import keep

SEEDS = full_or(120, 12)


def bits(table: lab.Table) -> list[bytes]:
    return [np.array(list(vars(cell).values())).tobytes() for cell in table.cells.values()]


def test_any_number_of_threads() -> None:
    options = {"pools": ["P1", "P5"], "seeds": 9, "days": 200}
    one = bits(lab.table(threads=1, **options))
    assert one == bits(lab.table(threads=2, **options)) == bits(lab.table(threads=8, **options))


def test_the_published_figures() -> None:
    made = lab.table(seeds=SEEDS, threads=2)
    compared = made.compare(lab.REFERENCE)
    assert len(compared) == len(lab.rules()) * 9
    assert max(abs(one.standard_errors) for one in compared) < 4.0
    assert made.cells["BestInHindsight", "P1"].regret == 0
    cell = made.cells["default", "P1"]
    for measure, slack in (("precision", 0.05), ("tau", 0.04), ("turnover", 0.6)):
        assert getattr(cell, measure) == pytest.approx(lab.REFERENCE.mixed["default"][measure], abs=slack)


def test_targets_on_fresh_pools() -> None:
    made = lab.table(
        selectors=["default", "EqualWeight", "BestInHindsight"], seeds=full_or(480, 60), seed=777, threads=2
    )
    found = lab.targets(made)
    figures = {one.name: f"{one.figure:.2f}" + ("" if one.met else " (missed)") for one in found}
    keep(
        "targets",
        "targets of the default engine on fresh pools",
        {"pools of each kind": made.seeds, **figures},
        "777",
    )
    assert len(found) == 9 + 4 + 6
    assert not [one for one in found if one.refuted]
    assert sum(one.met for one in found) >= len(found) - 1


def test_what_is_refused() -> None:
    with pytest.raises(ConfigError, match="pools: unknown 'P9'"):
        lab.table(pools="P9")
    with pytest.raises(ConfigError, match="selectors: unknown 'luck'"):
        lab.table(selectors=["luck"])
    with pytest.raises(ConfigError, match="seeds: expected at least 2"):
        lab.table(pools="P0", seeds=1)
    with pytest.raises(ConfigError, match="delay"):
        lab.table(pools="P0", delay=0)
    for threads in (0, -1):
        with pytest.raises(
            ConfigError, match=f"threads: expected a whole number of at least 1, got {threads}"
        ):
            lab.table(pools="P0", threads=threads)
        with pytest.raises(ConfigError, match="threads: expected"):
            lab.null_rates(runs=1, threads=threads)
        with pytest.raises(ConfigError, match="threads: expected"):
            lab.draw("P0", threads=threads)
    for name in ("seeds", "seed", "days", "first"):
        with pytest.raises(ConfigError, match=f"{name}: expected a whole number of at least 0, got -1"):
            lab.draw("P0", **{name: -1})
