"""The published table on the pools it was published of: every cell, not only its law."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from counts import full_or
from quantrl.selection import lab
from quantrl.selection.lab._protocol import Outcome
from quantrl.selection.lab._rules import RANDOM_K, RANDOM_SETS
from reference.lab_pools import NAMES, draw_pool
from selection.lab.kept import keep

ROUNDED = 0.005
NEWCOMERS = {("Hedge", "P5"), ("FixedShare", "P5")}
"""What the published rules give to who arrives is not said; here it is an N-th of the leader's weight."""
WIDER = {("half-life mix", "p10"): 0.03}
"""One pool in ten of the mix; its mean is within the bound."""


@cache
def pools(name: str) -> lab.Pools:
    whole = draw_pool(name, seeds=120, seed=11)
    acted, born = whole.acted.astype(np.uint8), whole.born.astype(np.uint8)
    return lab.Pools(name, whole.returns, acted, whole.truth, born)


@cache
def walked(name: str) -> dict[str, Outcome]:
    names = list(lab.RULES)
    return dict(zip(names, lab.run(pools(name), [lab.RULES[n] for n in names], threads=2), strict=True))


@pytest.mark.parametrize("name", full_or(NAMES, ("P1", "P6")))
def test_net_sharpe_ratios(name: str) -> None:
    apart = {
        rule: float(outcome.sharpe.mean()) - lab.REFERENCE.sharpe[rule][name]
        for rule, outcome in walked(name).items()
        if (rule, name) not in NEWCOMERS
    }
    worst = max(apart, key=lambda rule: abs(apart[rule]))
    counts = {"pools": 120, "cells": len(apart), "largest distance": f"{apart[worst]:+.3f} ({worst})"}
    keep(f"published_{name}", f"published net Sharpe ratios, {name}, on the published pools", counts, "11")
    assert abs(apart[worst]) <= 0.01 + ROUNDED, worst


@pytest.mark.parametrize("name", full_or(NAMES, ("P0",)))
def test_random_agents(name: str) -> None:
    """Twenty draws, in each another five of every pool."""
    given = pools(name)
    seeds, _, n = given.returns.shape
    drawn = [
        np.random.default_rng(1000 + k).random((seeds, n)).argsort(axis=1)[:, -5:] for k in range(RANDOM_SETS)
    ]
    found = []
    for s in range(seeds):
        parts = (v[s : s + 1] for v in (given.returns, given.acted, given.truth, given.born))
        rules = [lab.LabRule(RANDOM_K, "fixed", agents=tuple(sorted(one[s].tolist()))) for one in drawn]
        found.append([outcome.sharpe[0] for outcome in lab.run(lab.Pools(name, *parts), rules)])
    assert np.mean(found) == pytest.approx(lab.REFERENCE.sharpe[RANDOM_K][name], abs=0.01 + ROUNDED)


def test_what_else_was_published_of_p1() -> None:
    for rule, outcome in walked("P1").items():
        published = lab.REFERENCE.mixed[rule]
        found = {
            "p10": np.quantile(outcome.sharpe, 0.1),
            "precision": np.nanmean(outcome.precision) if np.isfinite(outcome.precision).any() else np.nan,
            "tau": np.nanmean(outcome.tau) if np.isfinite(outcome.tau).any() else np.nan,
            "turnover": outcome.turnover.mean(),
            "detection": np.nanmedian(outcome.detection) if np.isfinite(outcome.detection).any() else np.nan,
        }
        for measure in ("p10", "precision", "tau"):
            if np.isfinite(published[measure]):
                slack = WIDER.get((rule, measure), 0.01) + ROUNDED
                assert found[measure] == pytest.approx(published[measure], abs=slack), (rule, measure)
        assert found["turnover"] == pytest.approx(
            published["turnover"], abs=0.01 * published["turnover"] + 0.05
        ), rule
        if np.isfinite(published["detection"]):
            assert found["detection"] == pytest.approx(published["detection"], abs=2.5), rule
