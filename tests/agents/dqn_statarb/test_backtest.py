"""A native backtest fills what the environment stepped with the torch policy fills, and its books balance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("sb3_contrib")

from agents.dqn_statarb.test_export import net, write  # noqa: E402
from envs.pair import books  # noqa: E402
from quantrl.agents.dqn_statarb.backtest.market import market  # noqa: E402
from quantrl.agents.dqn_statarb.backtest.run import run_pair  # noqa: E402
from quantrl.agents.dqn_statarb.baselines import Rule  # noqa: E402
from quantrl.agents.dqn_statarb.policy import PairPolicy, load_policy  # noqa: E402
from quantrl.envs import PairConfig  # noqa: E402
from quantrl.envs.pair import PairBatch  # noqa: E402
from quantrl.errors import ConfigError, DataError  # noqa: E402

LATE = (1.0, 1.0, 120.0, 1.0, 1.0)
SETTINGS: dict[str, Any] = {"dt": 0.5, "window": 16, "notional": 20_000.0}
DAY = 86_400 * 10**9


def some_days(folder: Path, days: int = 2, seconds: int = 100) -> tuple[Path, Path]:
    """The made-up pair, so many seconds of it a day."""
    files = []
    for i, leg in enumerate(books.made_columns(days * seconds)):
        day = np.clip((leg["received"] - books.START) // (seconds * 10**9), 0, days - 1)
        moved = {name: leg[name] + DAY * day for name in ("ts", "received")}
        files.append(books.write({**leg, **moved}, folder / f"{i}.qev", f"L{i}", tick="0.01", lot="1"))
    return files[0], files[1]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> PairConfig:
    files = some_days(tmp_path_factory.mktemp("pair"))
    return PairConfig.replay(files, books.FACTS, features="full", **SETTINGS)


def policy_of(pair: PairConfig, folder: Path) -> tuple[PairPolicy, Any]:
    made = net(pair, 2, net_arch=[16], dueling=True)
    return load_policy(write(folder, pair, made)), made


@pytest.mark.parametrize("venue", ["ou", "books", "replay"])
def test_fills_are_those_of_the_environment_stepped_with_torch(
    venue: str, recorded: PairConfig, tmp_path: Path
) -> None:
    pair = {
        "ou": PairConfig.ou(cost=0.1),
        "books": PairConfig.books(cost=0.2, features="full", theta_low=LATE, theta_high=LATE),
        "replay": recorded,
    }[venue]
    policy, made = policy_of(pair, tmp_path)
    result = policy.backtest(seed=9, segment="all", decisions=None if venue == "replay" else 600)
    batch = PairBatch(result.pair, seed=9, mode="evaluate")
    obs, place = batch.reset(), 0
    filled = result.columns
    cash = np.zeros(2, dtype=np.int64)
    for k in range(len(result.equity) - 1):
        with torch.no_grad():
            action = made._predict(torch.from_numpy(obs.copy())).numpy()
        assert action[0] == result.action[k], k
        step = batch.step(action)
        while place < len(filled["fill_leg"]) and filled["fill_decision"][place] == k:
            if not filled["fill_closing"][place]:
                cash[filled["fill_leg"][place]] -= filled["fill_value"][place] + filled["fill_paid"][place]
            place += 1
        if len(step.indices):
            cash[:] = 0
        else:
            ledger = batch.core.ledger()[0]
            assert ledger[[1, 3]].tolist() == result.lots[k].tolist(), k
            assert ledger[[0, 2]].tolist() == cash.tolist(), k
        obs = step.obs
    assert result.fills.height > 20
    assert policy.backtest(seed=9, segment="all", decisions=len(result.equity)).digest() == result.digest()


@pytest.mark.parametrize("venue", ["ou", "books", "replay"])
def test_the_books_balance_and_every_session_ends_flat(
    venue: str, recorded: PairConfig, tmp_path: Path
) -> None:
    pair = {"ou": PairConfig.ou(), "books": PairConfig.books(), "replay": recorded}[venue]
    wide = (1.0, 1.5, 40.0, 1.0, 1.0)
    config = market(pair, segment="all", theta_low=wide, theta_high=wide)
    result = run_pair(
        Rule("threshold", (0.6,)), config, seed=3, decisions=None if venue == "replay" else 2_000
    )
    row, leg, lots, value, paid = (
        result.columns[f"fill_{name}"] for name in ("decision", "leg", "lots", "value", "paid")
    )
    held, cash = (
        np.zeros((len(result.equity), 2), dtype=np.int64),
        np.zeros(len(result.equity), dtype=np.int64),
    )
    np.add.at(held, (row, leg), lots)
    np.add.at(cash, row, -value - paid)
    held = held.cumsum(axis=0)
    np.testing.assert_array_equal(held, result.lots)
    ends = np.flatnonzero(np.append(result.decided[1:] != result.time[:-1], True))
    assert len(ends) == (2 if venue == "replay" else 1)
    assert not held[ends].any()
    mids = result.columns["bid"] + result.columns["ask"]
    np.testing.assert_array_equal(cash.cumsum() + (held * mids).sum(axis=1), result.columns["wealth"])
    assert (result.cost >= 0).all()
    assert result.cost.sum() == pytest.approx(result.quantum * result.columns["cost"][-1]) != 0
    assert set(result.fills.filter("closing")["decided"]) <= set(result.decided[ends])
    if venue == "replay":
        assert result.fills["price"].is_between(150.0, 300.0).all()


def test_days_are_those_of_the_clock(recorded: PairConfig, tmp_path: Path) -> None:
    policy, _ = policy_of(recorded, tmp_path)
    result = policy.backtest(segment="all")
    assert result.daily.height == 2
    assert result.daily["time"][-1] == result.time[-1]
    assert np.prod(1.0 + result.daily["net"].to_numpy()) == pytest.approx(result.equity[-1] / result.capital)
    simulated, _ = policy_of(PairConfig.ou(dt=60.0), tmp_path / "ou")
    days = simulated.backtest(decisions=2_880, start="2015-03-02").daily
    midnights = pl.Series(["2015-03-03", "2015-03-04"]).str.to_datetime("%Y-%m-%d", time_unit="ns")
    assert days["time"].to_list() == midnights.dt.epoch("ns").to_list()


def test_books_a_policy_was_trained_on_are_served_from_their_test_part(
    recorded: PairConfig, tmp_path: Path
) -> None:
    policy, _ = policy_of(recorded, tmp_path / "policy")
    assert policy.backtest().pair.segment == "test"
    assert policy.backtest(recorded.events).pair.segment == "test"
    other = policy.backtest(
        books.made(tmp_path, seconds=60), latency="25ms", fee_bps=(3.0, 0.0), split=(0.1, 0.2)
    )
    assert (other.pair.segment, other.pair.fee_bps, other.pair.theta_low[2]) == ("all", (3.0, 0.0), 25.0)
    assert (other.pair.dt, other.pair.window, other.pair.alpha) == (0.5, 16, recorded.alpha)
    simulated, _ = policy_of(PairConfig.books(features="full"), tmp_path / "books")
    found = simulated.backtest(recorded.events, books.FACTS, **SETTINGS)
    assert (found.pair.venue, found.pair.segment) == ("replay", "all")


def test_dearer_fees_never_earn_more(recorded: PairConfig) -> None:
    cheap, dear = (
        run_pair(Rule("threshold", (0.6,)), market(recorded, segment="all", fee_bps=(bps, bps)))
        for bps in (1.0, 4.0)
    )
    np.testing.assert_array_equal(cheap.lots, dear.lots)
    assert (dear.equity <= cheap.equity).all()
    assert dear.fills["fee"].sum() == pytest.approx(4 * cheap.fills["fee"].sum(), rel=1e-4)


def test_what_does_not_fit_is_refused(recorded: PairConfig, tmp_path: Path) -> None:
    policy, _ = policy_of(PairConfig.books(), tmp_path / "books")
    for how, said in (
        ({"events": recorded.events}, "pair: needed with events"),
        ({"pair": books.FACTS}, "facts go with events"),
        ({"fee_bps": (1.0, 1.0)}, "fees: those of a simulated pair"),
        ({"features": "full"}, "expected the 12 observations"),
        ({"decisions": 0}, "decisions: expected 1 to"),
        ({"capital": -1.0}, "capital: expected a positive amount"),
        ({"latency": "soon"}, "latency"),
        ({"segment": "half"}, "pair.segment"),
        ({"start": "someday"}, "ISO date"),
    ):
        with pytest.raises(ConfigError, match=said):
            policy.backtest(**{"decisions": 10, **how})
    with pytest.raises(DataError):
        policy.backtest(tmp_path / "none.qev", books.FACTS)
    ruined = PairConfig.ou(cost=5.0)
    with pytest.raises(ConfigError, match="capital: expected more than the worst loss"):
        run_pair(Rule("threshold", (0.0,)), market(ruined), decisions=5_000, capital=100.0)


def test_whole_positions_are_counted_by_what_was_traded() -> None:
    pair = PairConfig.books(cost=0.2)
    found = run_pair(Rule("threshold", (0.8,)), market(pair), decisions=5_000)
    legs = found.lots * 0.01
    traded = np.abs(np.diff(legs, axis=0, prepend=np.zeros((1, 2))))
    mids = 0.5 * np.column_stack(
        [found.frame()[f"bid_{leg}"] + found.frame()[f"ask_{leg}"] for leg in (1, 2)]
    )
    by_hand = float((traded * mids).sum() / (2.0 * pair.notional))
    assert by_hand > 10
    assert found.trace.turnover == pytest.approx(by_hand, rel=0.02)


def test_sessions_that_close_are_traded_from_the_stock_they_are_deployed_with() -> None:
    pair = PairConfig.ou(objective="cvar", cost=0.2, episode_len=24, stock=(-2.0, 1.0), stock_unit=3.0)
    kept = market(pair, first_stock=0.5)
    assert (kept.stock, kept.episode_len, kept.ruin) == ((0.5, 0.5), 24, 1e9)
    found = run_pair(Rule("threshold", (0.8,)), kept, decisions=240)
    assert (found.lots[23::24] == 0).all()
    assert (found.lots != 0).any()


def test_measures_are_plain(recorded: PairConfig) -> None:
    found = run_pair(Rule("threshold", (0.6,)), market(recorded, segment="all"))
    measures = json.loads(json.dumps(found.measures))
    assert measures["net"] * measures["hours"] == pytest.approx(found.net.sum())
    assert measures["low"] <= measures["net"] <= measures["high"]
    assert found.frame().height == len(found.equity)
    assert found.flags == ("history_does_not_react",)
