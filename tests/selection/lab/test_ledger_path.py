"""Through the ledger the same capital is decided as on arrays: pipeline and baselines against the lab."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pytest

from counts import full_or
from quantrl.config import SelectionConfig
from quantrl.errors import LookAheadError
from quantrl.selection import Ledger, Pipeline, lab
from quantrl.selection.allocate.equal_vol import EqualVol
from quantrl.selection.baselines.contest_trade import ContestTrade
from quantrl.selection.baselines.follow_the_leader import FollowTheLeader
from quantrl.selection.baselines.rolling_sharpe import RollingSharpe
from quantrl.selection.gate.standard import Standard
from quantrl.selection.lab.real.window import at_target
from quantrl.selection.rank.identity import Identity
from quantrl.selection.score.ew_sharpe_eb import EwSharpeEB
from quantrl.selection.score.half_life_mix import HalfLifeMix
from quantrl.selection.select.top_k import TopK
from reference.lab_pools import draw_pool

DAYS = full_or(1008, 360)
OFF: dict[str, Any] = {"vesting": 1.0, "probation": 1.0}
"""The lab gives an agent all of its slot or nothing, and asks for no drawdown."""
WIDE = {"drawdown_cut": 1e9}


def pool(name: str) -> lab.Pools:
    """A NumPy pool with the first days cut off, so that P1 flips within the short run."""
    first = 1008 - DAYS if name == "P1" else 0
    whole = draw_pool(name, seeds=1, seed=11)
    parts = [v[:, first : first + DAYS].copy() for v in (whole.returns, whole.acted, whole.truth, whole.born)]
    return lab.Pools("given", parts[0], parts[1].astype(np.uint8), parts[2], parts[3].astype(np.uint8))


def ledger(given: lab.Pools) -> Ledger:
    """One row per agent and day, known at the next day's decision."""
    n = given.returns.shape[2]
    made = Ledger([f"a{i}" for i in range(n)], overlap=1)
    for day in range(DAYS):
        own = {"agent": np.arange(n), "decided": day, "effective": day, "matured": day + 1}
        made.append({**own, "gross": given.returns[0, day], "acted": given.acted[0, day].astype(bool)})
    return made


def weights(given: lab.Pools, rule: str) -> np.ndarray:
    found = lab.run(given, [lab.RULES[rule]], weights=True)[0].weights
    assert found is not None
    return found[0]


@pytest.mark.parametrize("name", ["P1", "P4", "P6"])
def test_the_pipeline_decides_as_the_lab_does(name: str) -> None:
    given = pool(name)
    made, expected = ledger(given), weights(given, "default")
    pipeline = Pipeline.default(SelectionConfig(top_k=5, **OFF, **WIDE))
    for day in range(DAYS):
        step = pipeline.step(made.as_of(day), day)
        if day >= 63:
            np.testing.assert_array_equal(step.weights, expected[day], err_msg=f"day {day}")


@pytest.mark.parametrize(
    ("name", "rule", "allocator"), [("P1", "Hedge", "hedge"), ("P6", "FixedShare", "fixed_share")]
)
def test_multiplied_weights_are_the_lab_s(name: str, rule: str, allocator: str) -> None:
    """As weights of all agents; as capital where all of them are funded."""
    given = pool(name)
    made, expected = ledger(given), weights(given, rule)
    open_ = {
        **OFF,
        **WIDE,
        "psr_enter": 0.0,
        "psr_stay": 0.0,
        "cusum_cut": 1e9,
        "copy_correlation": 1.0,
        "top_k": 40,
    }
    pipeline = Pipeline.default(SelectionConfig(**open_, allocate={"name": allocator}))
    everyone = 0
    for day in range(DAYS):
        step = pipeline.step(made.as_of(day), day)
        if day >= 63:
            learned: Any = pipeline.allocator
            np.testing.assert_allclose(learned.weights, expected[day], atol=1e-12, err_msg=f"day {day}")
        if len(step.selected) == 40:
            np.testing.assert_allclose(step.weights, expected[day], atol=1e-12, err_msg=f"day {day}")
            everyone += 1
    assert everyone > 100


SCORERS: dict[str, tuple[Any, Standard]] = {
    "EwSharpeEB": (EwSharpeEB, Standard(0.0, 0.0, np.inf, np.inf)),
    "half-life mix": (lambda: HalfLifeMix(top_k=5), Standard(drawdown_cut=np.inf)),
}


@pytest.mark.parametrize("name", ["P1", "P6"])
@pytest.mark.parametrize("rule", SCORERS)
def test_other_scorers_decide_as_the_lab_does(rule: str, name: str) -> None:
    """The lab's rules look for no copies; that of Sharpe ratios has no gates."""
    given = pool(name)
    made, expected = ledger(given), weights(given, rule)
    scorer, gate = SCORERS[rule]
    pipeline = Pipeline(
        scorer=scorer(),
        aggregator=Identity(),
        gate=gate,
        selector=TopK(5),
        allocator=EqualVol(),
        copy_correlation=1.0,
        **OFF,
    )
    for day in range(DAYS):
        step = pipeline.step(made.as_of(day), day)
        if day >= 63:
            np.testing.assert_array_equal(step.weights, expected[day], err_msg=f"day {day}")


BASELINES = {
    "ContestTrade top 3": lambda: ContestTrade("top3"),
    "ContestTrade weights": ContestTrade,
    "FollowTheLeader 1": lambda: FollowTheLeader(1),
    "FollowTheLeader 5": lambda: FollowTheLeader(5),
}


@pytest.mark.parametrize("rule", BASELINES)
def test_baselines_share_as_the_lab_does(rule: str) -> None:
    """The lab's leaders have the highest ratio of scaled returns; a contest's take the rows as they are."""
    given = pool("P6")
    expected = weights(given, rule)
    if rule.startswith("FollowTheLeader"):
        given.returns[0] = at_target(given.returns[0], target_vol=0.10, periods_per_year=252.0)
    made, baseline = ledger(given), cast(Any, BASELINES[rule]())
    for day in range(DAYS):
        shares = baseline.step(made.as_of(day), 40)
        if day >= 63:
            np.testing.assert_allclose(shares, expected[day], atol=1e-12, err_msg=f"day {day}")


def test_the_best_of_a_quarter_is_kept_for_a_quarter() -> None:
    given = pool("P1")
    made, baseline = ledger(given), RollingSharpe()
    for day in range(200):
        held = np.flatnonzero(baseline.step(made.as_of(day), 40)).tolist()
        if day < 63:
            assert held == []
        else:
            look = 63 + (day - 63) // 63 * 63
            last = given.returns[0, look - 63 : look]
            assert held == [int(np.argmax(last.mean(axis=0) / last.std(axis=0)))]


def test_what_never_varies_is_never_held() -> None:
    given = pool("P1")
    given.returns[0, :, 7] = 0.01
    made = ledger(given)
    for baseline in (RollingSharpe(), RollingSharpe(top_k=5, every=1)):
        for day in range(63, 130, 9):
            assert baseline.step(made.as_of(day), 40)[7] == 0


def test_only_views() -> None:
    for baseline in (ContestTrade(), RollingSharpe()):
        with pytest.raises(LookAheadError):
            baseline.step(np.zeros((9, 40)), 40)  # type: ignore[arg-type]
