"""Evaluation of policies whose worth is known."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from agents.sharpe_portfolio import worlds
from agents.sharpe_portfolio.worlds import (
    CONFIG,
    FEW,
    Constant,
    Jitter,
    folds,
    independent,
    market,
    oracle,
    study,
)
from quantrl import metrics
from quantrl.agents.sharpe_portfolio.evaluation import baselines, costs, versus
from quantrl.agents.sharpe_portfolio.evaluation.accounts import Ground, costs_of
from quantrl.agents.sharpe_portfolio.evaluation.assess import assess
from quantrl.agents.sharpe_portfolio.evaluation.material import Material
from quantrl.agents.sharpe_portfolio.evaluation.series import Series, check_same_index
from quantrl.agents.sharpe_portfolio.evaluation.study import Options, steps
from quantrl.agents.sharpe_portfolio.evaluation.trials import TrialCount
from quantrl.backtest import Schedule
from quantrl.envs import rollouts
from quantrl.errors import ConfigError, DataError
from quantrl.runs import Trial
from quantrl.units import NS_PER_DAY


def _made(panel, policies, **changes):
    return Material(study(panel, policies, **changes), FEW, lambda note: None)


@pytest.fixture(scope="module")
def skilled():
    panel = independent(1)
    return assess(study(panel, {0: oracle(panel), 1: oracle(panel)}), FEW)


@pytest.fixture(scope="module")
def constant():
    return assess(study(independent(1), {0: Constant(0, 0.5, 0, -0.5)}), FEW)


def test_results_are_plain_json(skilled):
    assert json.loads(json.dumps(skilled, allow_nan=False)) == skilled


def test_a_constant_policy_is_not_dynamic_and_equals_its_controls(constant):
    assert constant["dynamic"] is False
    own = constant["agent"]["summary"]["sharpe"]
    for name in ("static_val", "static_test", "frozen"):
        assert constant["controls"][name]["summary"]["sharpe"] == pytest.approx(own)
        assert constant["controls"][name]["versus"]["p_holm"] == 1.0
    for name in ("shuffled", "noise"):
        assert constant["controls"][name]["beaten"] == 0.0
        assert constant["controls"][name]["median"] == pytest.approx(own)
    assert constant["diagnostics"]["moves"] == 0.0
    assert constant["diagnostics"]["autocorrelation"] is None


def test_skill_that_reads_the_market_is_found(skilled):
    assert skilled["dynamic"] is True
    assert set(skilled["beats"]) == {"equal_weight_1", "equal_weight_21", "buy_and_hold", "inverse_vol"}
    assert skilled["controls"]["shuffled"]["beaten"] == 1.0
    assert skilled["controls"]["corners"] == {
        **skilled["controls"]["corners"],
        "n": 16,
        "beaten": 1.0,
    }
    assert all(row["improvement"]["value"] == 1.0 for row in skilled["baselines"] if row["name"] != "cash")
    assert skilled["break_even"]["reason"] == "ok"


def test_no_skill_is_not_claimed_in_nine_of_ten_worlds():
    claims = 0
    for seed in range(10):
        found = assess(
            study(independent(seed), {0: Jitter(seed), 1: Jitter(seed + 100)}), replace(FEW, draws=2)
        )
        claims += bool(found["beats"]) or found["dynamic"]
    assert claims <= 1


def test_the_account_earns_what_the_environment_did():
    panel, fold = independent(2), folds(count=1)[0]
    policy = Jitter(3)
    made = _made(panel, {0: policy}, cut=[fold])
    (rollout,) = rollouts(market(panel), CONFIG, policy.act, 1, *fold.test)
    series = made.accounts["agent"].series
    assert series.returns == pytest.approx(rollout.returns, abs=1e-12)
    # A return is labelled with the date of the price it ends on; the first row decides and earns nothing.
    assert series.time.tolist() == panel.time[rollout.bars[:, 0].astype(int)].tolist()
    assert series.time[0] == panel.time[fold.test[0] + 1]


def test_test_segments_are_one_account():
    panel = independent(2)
    made = _made(panel, {0: Constant(0, 1, 0, -1)})
    start, stop = made.study.span
    assert len(made.accounts["agent"].series.time) == stop - start - 1
    whole = made.accounts["agent"].summary["total"]
    parts = [row["agent"]["total"] for row in made.folds]
    # Folds begun from cash buy anew: together they cost more than the one account.
    assert math.prod(1 + part for part in parts) - 1 < whole


def test_other_dates_are_refused_by_the_first_that_differs():
    time = NS_PER_DAY * np.arange(1, 401, dtype=np.int64)
    returns = np.random.default_rng(0).normal(0, 0.01, 400)
    agent = Series("agent", time[:300], returns[:300])
    shifted = Series("equal weight", time[48:348], returns[48:348])
    with pytest.raises(DataError, match=r"equal weight: .* agent; .* return 0: 1970-02-19, not 1970-01-02"):
        check_same_index(agent, shifted)
    with pytest.raises(DataError, match=r"return 299: the end, not 1970-10-28"):
        check_same_index(agent, Series("short", time[:299], returns[:299]))
    with pytest.raises(DataError, match="equal weight"):
        versus.compare(agent, {"x": shifted}, periods_per_year=252, draws=50, seed=0)
    check_same_index(agent, Series("same", time[:300].copy(), returns[100:]))


def test_pooled_figures_by_hand(skilled):
    sharpes = sorted(row["sharpe"] for row in skilled["fold_seed"])
    assert len(sharpes) == 6
    assert skilled["iqm"]["n"] == 6
    assert skilled["iqm"]["value"] == pytest.approx(np.mean(sharpes[1:-1]))


def test_a_tie_is_half_an_improvement():
    """Equal weight at every decision, as a policy and as a baseline, with no cash tilt to tell them apart."""
    panel = independent(4)
    config = CONFIG.replace(base=(1e-12, 1.0, 1.0, 1.0), decision_every=21)
    found = assess(study(panel, {0: Constant(0, 0, 0, 0)}, config=config), FEW)
    row = next(r for r in found["baselines"] if r["name"] == "equal_weight_21")
    assert row["versus"]["value"] == pytest.approx(0, abs=1e-6)
    assert found["beats"] == []


def _trials(statuses: list[tuple[str, float | None]]) -> list[Trial]:
    return [
        Trial("sharpe_portfolio", "d", "w", "c", seed, status=status, sharpe=sharpe)
        for seed, (status, sharpe) in enumerate(statuses)
    ]


def test_the_deflated_sharpe_ratio_counts_runs_that_were_aborted():
    returns = np.random.default_rng(0).normal(0.001, 0.01, 500)
    done = _trials([("done", 0.5), ("done", 1.5), ("done", 1.0)])
    aborted = [
        Trial("sharpe_portfolio", "d", "w", "other", seed, status=status)
        for seed, status in enumerate(["started", "interrupted", "diverged"])
    ]
    elsewhere = [Trial("rules/momentum", "d", "w", "c", 0), Trial("sharpe_portfolio", "e", "w", "c", 0)]
    key = {"family": "sharpe_portfolio", "data_id": "d", "window": "w"}
    few, many = (TrialCount.of(t + elsewhere, **key) for t in (done, done + aborted))
    assert (few.n, few.unfinished, few.sd_annual) == (3, 0, 0.5)
    assert (many.n, many.unfinished, many.sd_annual) == (6, 3, 0.5)
    assert many.deflated(returns, 252) < few.deflated(returns, 252)
    assert few.deflated(returns, 252) == metrics.deflated_sharpe(
        returns, trials=3, sd_trials=0.5 / math.sqrt(252)
    )


def test_a_started_line_and_its_end_are_one_trial():
    lines = _trials([("started", None)]) + _trials([("done", 0.7)])
    found = TrialCount.of(lines, family="sharpe_portfolio", data_id="d", window="w", at_least=0)
    assert (found.n, found.unfinished) == (1, 0)
    lost = TrialCount.of([], family="sharpe_portfolio", data_id="d", window="w", at_least=80)
    assert lost.n == 80
    assert math.isnan(lost.deflated(np.random.default_rng(0).normal(0.001, 0.01, 500), 252))


def test_break_even_is_where_the_sharpe_ratios_meet():
    panel = independent(1)
    made = _made(panel, {0: oracle(panel)})
    own, rival, span = made.schedules["agent"], made.schedules["equal_weight_21"], made.study.span
    found = costs.break_even(made.ground, own, rival, span)
    accounts = made.ground.accounts({"a": own, "b": rival}, span, bps=found["bps"])
    assert accounts["a"].sharpe == pytest.approx(accounts["b"].sharpe, abs=1e-6)
    assert costs.break_even(made.ground, rival, own, span) == {"bps": None, "reason": "behind_without_costs"}
    nothing = made.schedules["cash"]
    assert costs.break_even(made.ground, own, nothing, span)["reason"] == "undefined"


def test_a_sweep_never_gains_from_costs(skilled):
    for name, first in skilled["sweep"][0]["sharpe"].items():
        sharpes = [row["sharpe"][name] for row in skilled["sweep"]]
        if first is not None:
            assert sharpes == sorted(sharpes, reverse=True)
    at_cost = next(row for row in skilled["sweep"] if row["bps"] == 10)
    assert at_cost["sharpe"]["agent"] == skilled["agent"]["summary"]["sharpe"]


def test_costs_are_those_of_the_environment():
    assert costs_of(CONFIG).bps == 10
    sides = costs_of(CONFIG.replace(buy_bps=5.0, sell_bps=15.0))
    assert (sides.buy, sides.sell) == (5, 15)
    panel, by_name = independent(0), CONFIG.replace(cost_bps=(0.0, 10.0, 50.0))
    (rollout,) = rollouts(market(panel, by_name), by_name, Jitter(0).act, 1, 100, 200)
    account = Ground(panel, by_name).accounts({"a": Schedule(rollout.rows, rollout.targets)}, (100, 200))["a"]
    assert account.series.returns == pytest.approx(rollout.returns, abs=1e-12)
    with pytest.raises(ConfigError, match="one rate for all names"):
        costs_of(CONFIG.replace(buy_bps=(1.0, 2.0, 3.0)))


def test_baselines_decide_at_the_first_row_and_see_no_later_one():
    panel, cut = independent(5), folds(count=2)
    close = np.array(panel["close"])
    close[cut[0].test[0] + 45 :] *= 3.0
    poisoned = type(panel).from_arrays({"close": close}, panel.time, panel.instruments, periods_per_year=252)
    for baseline in worlds.RULES:
        plan = baselines.plan(baseline, panel, cut)
        assert [s.rows[0] for s in plan.folds] == [fold.test[0] for fold in cut]
        assert not np.isnan(plan.folds[0].values[0]).any()
        before = plan.folds[0].rows < cut[0].test[0] + 45
        other = baselines.plan(baseline, poisoned, cut)
        assert other.folds[0].values[before].tobytes() == plan.folds[0].values[before].tobytes()


def test_buy_and_hold_buys_once():
    plan = baselines.plan(next(b for b in worlds.RULES if b.every == 0), independent(0), folds())
    assert [len(s.values) for s in plan.folds] == [1, 1, 1]
    assert plan.stitched.rows.tolist() == [folds()[0].test[0]]


def test_optimisers_are_absent_by_name_without_skfolio(monkeypatch):
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "skfolio" else real(name))
    found = assess(study(independent(0), {0: Constant(0, 0, 0, 0)}), Options(draws=2, bootstrap=100))
    assert "hrp_252" in found["absent"]
    assert len(found["absent"]) == 10
    assert [row["met"] for row in found["aims"] if "drawdown" in row["aim"]] == [None]


def test_optimisers_trade_on_the_same_dates():
    some = tuple(b for b in baselines.BASELINES if b.name in ("min_variance_252", "equal_weight_21"))
    panel = independent(0, bars=500)
    found = assess(
        study(panel, {0: Constant(0, 0, 0, 0)}, cut=folds(first=300, count=1)),
        Options(draws=2, bootstrap=100, baselines=some),
    )
    assert found["absent"] == []
    assert {row["name"]: row["summary"]["exposure"] > 0.95 for row in found["baselines"]} == {
        "min_variance_252": True,
        "equal_weight_21": True,
    }


def test_all_cash_is_undefined_not_zero():
    config = CONFIG.replace(action_map="identity")
    found = assess(study(independent(0), {0: Constant(1, 0, 0, 0)}, config=config), FEW)
    assert found["agent"]["summary"]["sharpe"] is None
    assert found["agent"]["dsr"] is None
    assert found["iqm"] == {"value": None, "low": None, "high": None, "n": 0}
    assert found["beats"] == []
    assert found["break_even"]["reason"] == "undefined"


def test_policies_of_drawn_assets_are_judged_on_all_names():
    config = CONFIG.replace(assets="random", n_assets=2)
    found = assess(study(independent(0), {0: Constant(0, 0, 0, 0)}, config=config), FEW)
    assert found["env"]["assets"] == "fixed"
    assert found["agent"]["summary"]["exposure"] == pytest.approx(0.75, abs=0.01)


def test_progress_is_told_as_often_as_promised():
    told: list[str] = []
    one = study(independent(0), {0: Constant(0, 0, 0, 0), 1: Jitter(0)})
    assess(one, FEW, told.append)
    assert len(told) == steps(one, FEW)


def test_a_study_that_cannot_be_judged_is_refused():
    panel, policy = independent(0), {0: Constant(0, 0, 0, 0)}
    with pytest.raises(DataError, match="fold 0: expected at least one trained policy"):
        study(panel, {})
    with pytest.raises(DataError, match="fold 1: its test segment overlaps that of fold 0"):
        study(panel, policy, cut=[folds()[0], folds(first=250)[0]._replace(index=1)])
    with pytest.raises(ConfigError, match="draws"):
        Options(draws=0)
    with pytest.raises(ConfigError, match="costs"):
        Options(costs_bps=(-1.0,))
