"""Who may be funded: every reason, its order, doubts, and one of a cluster of copies."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from quantrl.errors import ConfigError
from quantrl.selection._members import build
from quantrl.selection.gate import REASONS, GateReport
from quantrl.selection.gate.standard import Standard
from quantrl.selection.lifecycle import ACTIVE, CUT, PROBATION, ROOKIE, Lifecycle
from quantrl.selection.rank.identity import Identity
from selection.frames import frame


def check(mean: Any, states: Any = None, clusters: Any = None, faulty: Any = (), **given: Any) -> GateReport:
    scores = frame(mean, **given)
    life = Lifecycle()
    life.grow(len(scores))
    if states is not None:
        life.state = np.asarray(states)
    ranking = Identity().rank([scores], life.funded)
    labels = np.arange(len(scores)) if clusters is None else np.asarray(clusters)
    return Standard().check(scores, ranking, life, labels, faulty)


def test_reasons_come_in_order() -> None:
    found = check([np.nan, 0.1], [CUT, ACTIVE], faulty=[0], psr_abs=[0.1, 0.1], cusum=[20.0, 20.0])
    assert found.reasons(0) == ("young", "banned", "faulty", "psr")
    assert found.reasons(1) == ("psr", "cusum")
    assert [REASONS.index(r) for r in found.reasons(0)] == sorted(REASONS.index(r) for r in found.reasons(0))
    assert not found.ok.any()


def test_psr_asks_more_of_newcomers() -> None:
    found = check([0.1] * 4, [0, ACTIVE, 0, ACTIVE], psr_abs=[0.4, 0.4, 0.5, 0.29])
    assert found.ok.tolist() == [False, True, True, False]
    assert check([0.1], psr_abs=[np.nan]).reasons(0) == ("psr",)


def test_cusum_acts_on_funded_agents_only() -> None:
    found = check([0.1] * 3, [0, ACTIVE, ACTIVE], cusum=[99.0, 15.0, 14.99])
    assert found.ok.tolist() == [True, False, True]
    assert found.failed("cusum").tolist() == [False, True, False]


def test_drawdown_cuts_at_twice_the_target_volatility() -> None:
    found = check([0.1] * 3, [0, ROOKIE, ACTIVE], drawdown=[-0.9, -0.2, -0.199])
    assert found.ok.tolist() == [True, False, True]
    assert found.reasons(1) == ("drawdown",)


def test_who_is_in_doubt_and_who_is_calm_again() -> None:
    standing = [ACTIVE, ACTIVE, ROOKIE, PROBATION, PROBATION, PROBATION]
    cusum, drawdown = [9.99, 10.0, 0.0, 4.99, 5.0, 4.99], [-0.149, 0.0, -0.151, -0.099, 0.0, -0.101]
    found = check([0.1] * 6, standing, cusum=cusum, drawdown=drawdown)
    assert found.doubtful.tolist() == [False, True, True, False, False, False]
    assert found.calm.tolist() == [False, False, False, True, False, False]
    assert found.ok.all()
    assert not check([0.1], [0], cusum=[99.0]).doubtful.any()


def test_one_of_a_cluster_the_one_of_highest_key() -> None:
    found = check([0.1, 0.3, 0.2, 0.05], clusters=[0, 0, 0, 3])
    assert [found.reasons(i) for i in range(4)] == [("copy",), (), ("copy",), ()]


def test_a_funded_copy_keeps_its_slot_by_hysteresis() -> None:
    assert check([0.10, 0.14], [ACTIVE, 0], clusters=[0, 0]).ok.tolist() == [True, False]
    assert check([0.10, 0.16], [ACTIVE, 0], clusters=[0, 0]).ok.tolist() == [False, True]


def test_a_copy_that_may_not_be_funded_stops_nobody() -> None:
    found = check([0.9, 0.1, 0.2], [CUT, 0, 0], clusters=[0, 0, 0])
    assert found.ok.tolist() == [False, False, True]
    assert found.reasons(0) == ("banned",)


def test_limits_are_positive() -> None:
    for limit in ("cusum_cut", "drawdown_cut", "target_vol"):
        with pytest.raises(ConfigError, match=limit):
            Standard(**{limit: 0.0})


@pytest.mark.parametrize("name", ["psr_enter", "psr_stay"])
@pytest.mark.parametrize("wrong", [50.0, -0.1, float("nan"), "half", True])
def test_a_probability_that_is_none_is_refused(name: str, wrong: Any) -> None:
    """50 would close the gate to everybody for good."""
    for gate in ("standard", "mandate"):
        with pytest.raises(ConfigError, match=f"{name}: expected a number of at least 0 and at most 1, got"):
            build("gate", {"name": gate, name: wrong})
