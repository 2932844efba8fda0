"""Six runs give the digests of ``tests/golden/bar_runs.json``, here and in any other process."""

from __future__ import annotations

import json

import numpy as np

from backtest.golden_runs import FILE, runs


def test_digests_are_those_of_the_file_and_the_books_balance() -> None:
    made = runs()
    assert {name: result.digest() for name, result in made.items()} == json.loads(FILE.read_text())
    for result in made.values():
        assert result.audit().fills > 10
        assert np.isfinite(result.equity).all()
    drops = {reason for result in made.values() for reason in result.drops["reason"]}
    assert {"no_price", "blocked", "volume_cap", "min_order", "delisted"} <= drops
    assert (made["margin, decision, by bar"].units < 0.0).any()
