"""The real pool: who enters, that nobody looks ahead, and figures beside a second way to get them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantrl import data, metrics, registry
from quantrl.data import Panel
from quantrl.errors import ConfigError, DataError
from quantrl.selection import Contest, ContestResult
from quantrl.selection.baselines.rolling_sharpe import RollingSharpe
from quantrl.selection.lab import real
from quantrl.selection.lab.real.grid import kind_of
from quantrl.selection.lab.real.paper import as_pools
from quantrl.selection.lab.real.window import at_target, counted
from selection.test_poison import poisoned

BARS = 520
FEW = ("momentum", "buy_and_hold", "equal_weight", "random_weights", "price_above_sma")


def recent(bars: int) -> Panel:
    panel = data.load_sample("us20")
    return panel.between(int(panel.time[-bars]), None)


@cache
def finished(threads: int = 1) -> ContestResult:
    panel = recent(BARS)
    agents = real.pool(panel.n_instruments, FEW)[::3]
    return real.enter(panel, agents, threads=threads).run()


def test_every_rule_enters_with_more_than_200_agents() -> None:
    agents = real.pool(20)
    assert len(agents) >= 200
    assert len({agent.label for agent in agents}) == len(agents)
    rules = {name for name in registry.agent_ids() if name.startswith("rules/")}
    assert {f"rules/{kind}" for kind in real.GRID} <= rules
    assert len(rules) >= 20
    assert set(real.CONTROLS) < set(real.GRID)
    for agent in agents:
        registry.build_agent(agent.id, agent.params, seed=0, stream=0)
    assert {agent.params["k"] for agent in real.pool(300) if "k" in agent.params} == {45, 75, 120}
    assert {agent.params["k"] for agent in real.pool(2) if "k" in agent.params} == {1}


def test_poison_after_a_day_changes_no_decision_up_to_it() -> None:
    """One agent of every rule, the first of its grid, past the year that the longest common look-back takes."""
    panel, last = recent(270), 262
    agents = list(
        {kind_of(agent.label): agent for agent in reversed(real.pool(panel.n_instruments))}.values()
    )
    seen = []
    for market in (panel, poisoned(panel, last, "huge")):
        contest = real.enter(market, agents)
        for bar in range(last + 1):
            contest.step(bar)
        assert contest.decisions is not None
        assert contest.shares[last].any()
        decided = (contest.decisions, contest.targets, contest.rivals.targets(last + 1)[:, :-1])
        seen.append((contest.audit.lines, *(part[: last + 1].tobytes() for part in decided)))
    assert seen[0] == seen[1]


def test_figures_are_those_of_the_accounts_and_of_any_thread_count() -> None:
    result, on_two = finished(), finished(2)
    found = real.figures(result)
    assert json.dumps(found) == json.dumps(real.figures(on_two))
    assert result.trail.lines == on_two.trail.lines
    assert result.accounts.history.tobytes() == on_two.accounts.history.tobytes()
    start = real.WARM_UP
    own, market = (
        np.ascontiguousarray(result.accounts.returns[start:, result.book_names.index(name)])
        for name in ("contest", "buy_and_hold")
    )
    row = next(one for one in found["versus"] if one["other"] == "buy_and_hold")
    ratios = [metrics.sharpe(one, periods_per_year=252.0).value for one in (own, market)]
    assert row["value"] == pytest.approx(ratios[0] - ratios[1], abs=1e-9)
    assert row["low"] < row["value"] < row["high"]
    assert found["books"][0]["sharpe"]["value"] == pytest.approx(ratios[0], abs=1e-9)
    assert found["data"]["counted"] == BARS - start
    assert len(found["agents"]) == sum(kind["agents"] for kind in found["kinds"]) == len(result.labels)
    assert sum(kind["capital"] for kind in found["kinds"]) == pytest.approx(
        result.shares[start:].sum(axis=1).mean()
    )
    assert {kind_of(label) for label in result.labels} == {kind["kind"] for kind in found["kinds"]}
    assert {one["name"] for one in found["books"]} >= {"best_of_quarter", "follow_the_leader", "equal_weight"}
    for one in found["skill"]["superiority"]:
        assert set(one["named"]) == {
            name for name, p in one["adjusted"].items() if p is not None and p <= 0.05
        }


def test_what_counts_starts_with_the_equity_it_had() -> None:
    result = finished()
    accounts = counted(result)
    np.testing.assert_allclose(accounts.returns, result.accounts.returns[real.WARM_UP :], atol=1e-12)
    with pytest.raises(ConfigError, match="at least 504 bars"):
        counted(real.enter(recent(100), real.pool(20, ("buy_and_hold", "equal_weight"))).run())


def test_rows_on_paper_are_the_ledgers() -> None:
    result = finished()
    pools = as_pools(result)
    frame = (
        result.ledger.frame(int(result.time[-1])).filter(pl.col("agent") == result.labels[3]).sort("decided")
    )
    np.testing.assert_array_equal(pools.returns[0, :, 3], (frame["gross"] - frame["cost"]).to_numpy())
    assert pools.returns.shape == (1, BARS - 2, len(result.labels))


def test_scaling_by_the_past_alone(rng: np.random.Generator) -> None:
    returns = rng.standard_normal((150, 3)) * np.array([0.001, 0.01, 0.0])
    found = at_target(returns, target_vol=0.10, periods_per_year=252.0)
    for t in (0, 4, 5, 70, 149):
        for k in range(3):
            past = returns[max(0, t - 63) : t, k]
            own = np.sqrt(np.mean(past**2)) * 252**0.5 if t >= 5 else 0.20
            assert found[t, k] == pytest.approx(returns[t, k] * min(10.0, 0.10 / max(own, 0.02)), rel=1e-9)


def chinese(folder: Path) -> Path:
    """Two names, four days: a dividend, a halt without a row, and an open at the limit."""
    days = ["2022-03-01", "2022-03-02", "2022-03-03", "2022-03-04"]
    rows = [
        ("600001.SH", days[0], 10.0, 10.0, 9.9, 1),
        ("600001.SH", days[1], 9.5, 9.6, 9.5, 1),
        ("600001.SH", days[2], 10.56, 10.5, 9.6, 1),
        ("600001.SH", days[3], 10.5, 10.5, 10.5, 0),
        ("688001.SH", days[1], 22.0, 22.0, 20.0, 1),
        ("688001.SH", days[3], 26.4, 24.0, 22.0, 1),
    ]
    frame = pl.DataFrame(
        rows, schema=["symbol", "date", "open", "close", "preclose", "tradestatus"], orient="row"
    )
    frame = frame.with_columns(
        pl.col("date").str.to_date(),
        pl.col("tradestatus").cast(pl.Int8),
        high=pl.max_horizontal("open", "close"),
        low=pl.min_horizontal("open", "close"),
        isST=pl.lit(None, dtype=pl.Int8),
    )
    file = folder / "csi300" / "panel.parquet"
    file.parent.mkdir()
    frame.write_parquet(file)
    return folder


def test_chinese_shares_as_one_could_have_held_them(tmp_path: Path) -> None:
    panel = real.load("csi300", shared=chinese(tmp_path))
    # Day 2 is ex-dividend: from 9.5, not from 10. Day 3 opens at 9.6 * 1.1 = 10.56, the limit. Day 4 is a halt.
    steps = np.array([1, 9.6 / 9.5, 10.5 / 9.6, 1])
    np.testing.assert_allclose(panel["close"][:, 0], 10.0 * np.cumprod(steps))
    np.testing.assert_array_equal(panel.tradable[:, 0], [True, True, False, False])
    np.testing.assert_allclose(
        panel["open"][:, 0], panel["close"][:, 0] * np.array([1, 9.5 / 9.6, 10.56 / 10.5, 1])
    )
    # Nothing before its first row; its limit is 20 %: an open 10 % up is none, one 20 % up is.
    np.testing.assert_array_equal(panel.tradable[:, 1], [False, True, False, False])
    np.testing.assert_allclose(panel["close"][[1, 3], 1], [22.0, 24.0])


def test_the_chinese_panel_grows_as_is_known(shared_data: Path) -> None:
    panel = real.load("csi300", shared=shared_data)
    for name, growth in (("600519.SH", 2.709783), ("300750.SZ", 8.215396), ("000001.SZ", 0.752478)):
        close = panel["close"][:, panel.instruments.index(name)]
        known = close[~np.isnan(close)]
        assert known[-1] / known[0] == pytest.approx(growth, abs=1e-6)


def test_panels_that_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        real.load("csi300", shared=tmp_path)
    with pytest.raises(ConfigError, match="never guessed"):
        real.load("prices.csv")
    with pytest.raises(ConfigError, match="leave them out"):
        real.load("us20", periods_per_year=252.0)
    file = tmp_path / "csi300" / "panel.parquet"
    file.parent.mkdir()
    pl.DataFrame({"date": [1]}).write_parquet(file)
    with pytest.raises(DataError, match="symbol"):
        real.load("csi300", shared=tmp_path)


def test_a_further_book_shares_as_its_rule_does_and_has_a_name_of_its_own() -> None:
    result = finished()
    rule, b = RollingSharpe(), result.book_names.index("best_of_quarter")
    funded = 0
    for t, now in enumerate(result.time.tolist()):
        shares = rule.step(result.ledger.as_of(now), len(result.labels))
        gross = result.targets[t, b].sum()
        assert (gross > 0) <= bool(shares.any())
        funded += int(gross > 0)
    assert funded > BARS // 2
    with pytest.raises(ConfigError, match="equal_weight"):
        Contest(
            ["rules/buy_and_hold"], recent(60), fill="next_close", rivals={"equal_weight": RollingSharpe()}
        )


def test_a_fingerprint_changes_with_data_and_seed() -> None:
    panel = recent(60)
    marks = {real.fingerprint(panel), real.fingerprint(panel, seed=1), real.fingerprint(recent(61))}
    assert len(marks) == 3
    assert real.fingerprint(recent(60)) in marks
