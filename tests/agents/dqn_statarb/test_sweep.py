"""One policy under other fees, delays and queues: the same paths, and only what was changed is other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

from agents.dqn_statarb.test_export import net, write
from envs.pair import books
from quantrl.agents.dqn_statarb.backtest import run as runs
from quantrl.agents.dqn_statarb.policy import PairPolicy, load_policy
from quantrl.agents.dqn_statarb.sweep import FEES, LATENCIES_MS, QUEUES, sweep, theta_grid
from quantrl.agents.dqn_statarb.sweep_page import section, tables
from quantrl.envs import PairConfig


def policy(pair: PairConfig, folder: Path) -> PairPolicy:
    return load_policy(write(folder, pair, net(pair, 2, net_arch=[16], dueling=True)))


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "DECISIONS", 3_000)


def at(found: dict[str, Any], axis: str) -> dict[Any, dict[str, Any]]:
    return {row["at"]: row for row in found["rows"] if row["axis"] == axis}


def test_only_what_is_changed_is_other(tmp_path: Path, short: None) -> None:
    own = policy(PairConfig.books(cost=0.2), tmp_path)
    found = sweep(own, seed=3)
    fees, delays = at(found, "fee"), at(found, "latency_ms")
    assert tuple(fees) == FEES
    assert (tuple(delays), found["left_out"], at(found, "queue")) == (LATENCIES_MS, [], {})
    usual = own.backtest(seed=3).measures
    assert fees[1.0]["net"] == delays[0.0]["net"] == pytest.approx(usual["net"])
    # The policy sees what it earns, so that its trades are nearly the same; half of the costs are fees.
    costs = [fees[fee]["cost"] / fees[fee]["turnover"] for fee in FEES]
    assert [cost / costs[2] for cost in costs] == pytest.approx([0.5, 0.75, 1.0, 1.5], rel=0.02)
    assert delays[250.0]["net"] != usual["net"]
    assert found["break_even"] == pytest.approx(usual["gross"] / usual["cost"])
    assert found == sweep(own, seed=3)


def test_a_clock_without_room_is_said_and_ou_knows_no_delay(tmp_path: Path, short: None) -> None:
    quick = policy(PairConfig.books(cost=0.2, dt=0.1), tmp_path / "quick")
    found = sweep(quick)
    assert found["left_out"] == [100.0, 250.0]
    assert tuple(at(found, "latency_ms")) == LATENCIES_MS[:3]
    simple = policy(PairConfig.ou(cost=0.2), tmp_path / "simple")
    assert {row["axis"] for row in sweep(simple)["rows"]} == {"fee"}


def test_corners_of_simulated_worlds_are_shares_of_their_optimum(tmp_path: Path) -> None:
    own = policy(PairConfig.books(cost=0.2, kappa_dt=0.2), tmp_path)
    rows = theta_grid(own, decisions=512)["rows"]
    assert rows[0]["theta"] == [1.0, 1.0, 0.0, 1.0, 1.0]
    assert len(rows) == len({tuple(row["theta"]) for row in rows}) == 1 + 2**4
    assert all(row["ratio"] <= 1.0 + 4 * row["se"] for row in rows)
    by = {tuple(row["theta"]): row["ratio"] for row in rows}
    assert by[0.5, 0.5, 0.0, 1.0, 2.0] > by[2.0, 2.0, 0.0, 1.0, 0.5]


def test_recorded_books_and_their_queues(tmp_path: Path) -> None:
    files = books.made(tmp_path, seconds=300)
    settings: dict[str, Any] = {"dt": 0.5, "window": 16, "episode_len": 60, "notional": 20_000.0}
    pair = PairConfig.replay(files, books.FACTS, **settings, leg_ms=200.0)
    own = policy(pair, tmp_path / "policy")
    found = sweep(own)
    assert tuple(at(found, "queue")) == QUEUES
    assert at(found, "queue")["risk_averse"]["net"] == at(found, "fee")[1.0]["net"]
    grid = theta_grid(own)
    assert {row["theta"][4] for row in grid["rows"]} == {1.0}
    assert grid["rows"][0]["net"] == at(found, "latency_ms")[0.0]["net"]
    results = {"run": "r-1", "sweep": found, "theta_grid": grid}
    page = "\n".join(section([results]))
    assert "## Elsewhere" in page
    assert "| queue model | power2 |" in page
    assert "share of the optimum" not in page
    assert [len(table.rows) for table in tables(results)] == [len(found["rows"]), len(grid["rows"])]
    assert (section([{"run": "r-2"}]), list(tables({"run": "r-2"}))) == ([], [])
    assert json.loads(json.dumps(results)) == results
