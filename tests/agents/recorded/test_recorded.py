"""Files of decisions: the three layouts, when a row is decided, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantrl.agents.recorded import Recorded, build
from quantrl.agents.recorded.conversion import CONVERTED, convert
from quantrl.agents.recorded.reading import of_frame
from quantrl.backtest import Costs, run_agent, run_weights
from quantrl.config import AgentConfig
from quantrl.data import Panel
from quantrl.errors import ConfigError, DataError, OrderError
from quantrl.registry import build_agent
from quantrl.selection import Contest
from quantrl.selection._book import EQUITY, FILL_EQUITY
from quantrl.units import NS_PER_DAY

DAYS, NAMES = 8, ("AA", "BB", "CC")


def panel_of(days: int = DAYS, names: tuple[str, ...] = NAMES) -> Panel:
    random = np.random.default_rng(8)
    close = np.round(20.0 * np.exp(np.cumsum(random.normal(0, 0.02, (days, len(names))), axis=0)), 2)
    opens = np.round(close * (1 + random.normal(0, 0.01, close.shape)), 2)
    time = 18_262 * NS_PER_DAY + NS_PER_DAY * np.arange(1, days + 1, dtype=np.int64) - NS_PER_DAY // 4
    columns = {
        "open": opens,
        "high": np.maximum(opens, close),
        "low": np.minimum(opens, close),
        "close": close,
    }
    return Panel.from_arrays(columns, time, list(names), periods_per_year=252.0)


def written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "decisions.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


WIDE = "date,AA,BB\n2020-01-02,0.5,0.25\n2020-01-04,,0.1\n2020-01-06,0,0\n"
LONG = "date,symbol,weight\n2020-01-02,AA,0.5\n2020-01-02,BB,0.25\n2020-01-04,AA,\n2020-01-04,BB,0.1\n2020-01-06,AA,0\n"


@pytest.mark.parametrize("text", [WIDE, LONG], ids=["wide", "long"])
def test_weights_are_decided_at_their_day_and_held_in_between(tmp_path, text: str) -> None:
    panel = panel_of()
    agent = build_agent("recorded", {"file": written(tmp_path, text)})
    nan = float("nan")
    expected = {1: [0.5, 0.25, 0.0], 3: [nan, 0.1, 0.0], 5: [0.0, 0.0, 0.0]}
    for bar in range(DAYS):
        weights = agent.decide(panel.as_of(int(panel.time[bar]))).weights
        assert np.array_equal(weights, expected.get(bar, [nan] * 3), equal_nan=True)


def test_the_account_is_that_of_the_same_weights(tmp_path) -> None:
    panel = panel_of()
    table = np.full((DAYS, 3), np.nan)
    table[1], table[3], table[5] = [0.5, 0.25, 0.0], [np.nan, 0.1, 0.0], 0.0
    agent = build_agent("recorded", {"file": written(tmp_path, WIDE)})
    by_agent = run_agent(agent, panel, costs=Costs(bps=10))
    assert by_agent.equity.tobytes() == run_weights(panel, table, costs=Costs(bps=10)).equity.tobytes()


def test_a_row_between_two_bars_waits_for_the_next_and_never_acts_before_its_time(tmp_path) -> None:
    panel = panel_of()
    text = "time,AA\n2020-01-03T12:00:00Z,0.3\n2020-01-03T17:59:00Z,0.4\n2020-01-05T18:00:00Z,0.5\n"
    agent = build_agent("recorded", {"file": written(tmp_path, text)})
    decided = [agent.decide(panel.as_of(int(end))).weights[0] for end in panel.time]
    assert np.array_equal(decided, [np.nan, np.nan, 0.4, np.nan, 0.5, np.nan, np.nan, np.nan], equal_nan=True)
    just_before = panel.as_of(int(panel.time[2]) - 1)
    assert np.isnan(agent.decide(just_before).weights).all()


def test_one_agent_of_several(tmp_path) -> None:
    file = written(tmp_path, "date,agent,AA\n2020-01-02,x,0.1\n2020-01-02,y,0.2\n")
    assert Recorded.read(file, agent="y").weights.tolist() == [[0.2]]
    with pytest.raises(ConfigError, match="x, y"):
        Recorded.read(file)
    with pytest.raises(ConfigError, match="'z'"):
        Recorded.read(file, agent="z")
    with pytest.raises(ConfigError, match="no column agent"):
        Recorded.read(written(tmp_path, WIDE), agent="x")


def test_a_name_that_cannot_be_traded_is_an_order_error(tmp_path) -> None:
    agent = build_agent(
        "recorded", {"file": written(tmp_path, "date,AA,ZZ\n2020-01-02,0.1,0.2\n2020-01-03,0.1,0\n")}
    )
    panel = panel_of()
    with pytest.raises(OrderError, match="'ZZ'"):
        agent.decide(panel.as_of(int(panel.time[1])))
    assert agent.decide(panel.as_of(int(panel.time[2]))).weights.tolist() == [0.1, 0.0, 0.0]


ORDERS = (
    "date,symbol,action,amount\n2020-01-02,AA,buy,100\n2020-01-02,BB,buy,50\n2020-01-04,AA,sell,40\n"
    "2020-01-04,CC,buy,10\n2020-01-05,,no_trade,\n2020-01-06,BB,buy,0\n2020-01-07,BB,sell,50\n"
)


def test_share_orders_are_filled_in_shares(tmp_path) -> None:
    """Without costs the account of the converted weights is that of the orders, whatever it started with."""
    panel = panel_of()
    agent = build(file=written(tmp_path, ORDERS), panel=panel, cash=10_000.0)
    assert agent.flags == (CONVERTED,)
    opens, close = panel["open"], panel["close"]
    units, cash, equity = np.zeros(3), 10_000.0, []
    trades = {1: [(0, 100), (1, 50)], 3: [(0, -40), (2, 10)], 6: [(1, -50)]}
    for t in range(DAYS):
        for name, shares in trades.get(t, ()):
            units[name] += shares
            cash -= shares * opens[t, name]
        equity.append(cash + float(units @ close[t]))
    for start in (10_000.0, 1e6):
        found = run_agent(agent, panel, costs=Costs.zero(), initial_cash=start)
        assert found.equity / start == pytest.approx(np.array(equity) / 10_000.0, rel=1e-13)


def test_it_stands_in_a_contest_without_documents(tmp_path) -> None:
    panel = panel_of()
    given = AgentConfig(id="recorded", params={"file": written(tmp_path, WIDE)})
    contest = Contest([given, "rules/equal_weight", "rules/buy_and_hold"], panel, baselines=False)
    contest.run()
    assert contest.errors == []
    assert contest.entrants[0].kind == "recorded"
    rows = contest.ledger.as_of(int(panel.time[-1])).rows
    own = run_agent(Recorded.read(given.params["file"]), panel, costs=Costs(bps=10))
    at_fill = contest.shadows.history[:, 0, FILL_EQUITY]
    assert (rows["agent"] == 0).sum() == DAYS - 2
    assert contest.shadows.history[:, 0, EQUITY].tobytes() == own.equity.tobytes()
    net = (rows["gross"] - rows["cost"])[rows["agent"] == 0]
    assert net == pytest.approx(at_fill[2:] / at_fill[1:-1] - 1.0, abs=1e-15)


def test_orders_with_signs_and_prices_of_a_file(tmp_path) -> None:
    panel = panel_of()
    rows = [
        {
            "date": f"2020-01-{t + 1:02d}",
            "symbol": name,
            "open": panel["open"][t, i],
            "close": panel["close"][t, i],
        }
        for t in range(DAYS)
        for i, name in enumerate(NAMES)
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "prices.csv")
    file = written(tmp_path, "date,symbol,shares\n2020-01-02,AA,100\n2020-01-04,AA,-100\n")
    agent = build_agent("recorded", {"file": file, "prices": str(tmp_path / "prices.csv"), "cash": 1e4})
    assert agent.weights[0, 0] == pytest.approx(100 * panel["open"][1, 0] / 1e4)
    assert agent.weights[1].tolist() == [0.0, 0.0, 0.0]


def test_cash_after_each_order_in_the_order_of_the_file() -> None:
    panel = panel_of()
    frame = pl.DataFrame(
        {"date": ["2020-01-03", "2020-01-02"], "symbol": ["AA", "BB"], "shares": [10.0, 20.0]}
    )
    cash = convert(of_frame(frame).orders(), panel, cash=1e4).cash
    second = 1e4 - 20 * panel["open"][1, 1]
    assert cash == pytest.approx([second - 10 * panel["open"][2, 0], second], rel=1e-15)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", DataError, "empty"),
        ("AA,BB\n0.1,0.2\n", DataError, "time column"),
        ("date,AA\n", DataError, "no rows"),
        ("date,AA\n2020-01-02,x\n", DataError, "line 2, column 'AA'.*finite number"),
        ("date,AA\n2020-01-02,inf\n", DataError, "line 2, column 'AA'.*finite number"),
        ("date,AA\n2020-01-02,0.1\n2020-01-02,0.2\n", DataError, "line 3.*after that of the row before"),
        ("date,AA\n2020-01-02,-0.1\n", DataError, "line 2: expected weights of 0 or more"),
        ("date,symbol,weight\n2020-01-02,AA,0.7\n2020-01-02,BB,0.7\n", DataError, "2020-01-02.*sum of 1.4"),
        ("date,symbol,weight\n2020-01-02,,0.7\n", DataError, "line 2, column 'symbol'.*text"),
        ("date,AA\nyesterday,0.1\n", DataError, "line 2, column 'date'"),
        ("date,AA\n2020-01-02T10:00:00,0.1\n", DataError, "zone"),
        ("date,AA\n2020-01-02,0.1,0.2\n", DataError, "line 2"),
        ("date,symbol,shares\n2020-01-02,AA,10\n", ConfigError, "params.prices"),
        (
            "date,symbol,weight\n2020-01-02,AA,0.1\n2020-01-02,BB,0.1\n2020-01-02,AA,0.5\n",
            DataError,
            "line 4, column 'symbol'.*'AA'.*twice",
        ),
    ],
)
def test_hostile_files_are_refused_with_their_row(tmp_path, text: str, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        Recorded.read(written(tmp_path, text))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("2020-01-02,ZZ,10", "line 2, column 'symbol'.*'ZZ'"),
        ("2020-01-12,AA,10", "line 2, column 'time'.*no bar on 2020-01-12"),
        ("2020-01-01,AA,10", "a bar before"),
        ("2020-01-02,AA,10\n2020-01-03,AA,-11", "line 3.*1 more than are held"),
        ("2020-01-02,AA,100000", "line 2.*leaves cash of -"),
        ("2020-01-02,AA,nan", "line 2.*finite number"),
    ],
)
def test_orders_that_cannot_have_been_are_refused(tmp_path, rows: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        build(file=written(tmp_path, f"date,symbol,shares\n{rows}\n"), panel=panel_of())


def test_orders_at_a_price_that_is_missing_are_refused(tmp_path) -> None:
    opens = panel_of()["open"].copy()
    opens[1, 0] = np.nan
    base = panel_of()
    panel = Panel.from_arrays(
        {"open": opens, "close": base["close"]}, base.time, list(NAMES), periods_per_year=252.0
    )
    with pytest.raises(DataError, match="no price on 2020-01-02"):
        build(file=written(tmp_path, "date,symbol,shares\n2020-01-02,AA,10\n"), panel=panel)


def test_a_missing_or_packed_file_and_settings_are_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"params\.file is required"):
        build_agent("recorded")
    with pytest.raises(DataError, match="no such file"):
        build_agent("recorded", {"file": str(tmp_path / "none.csv")})
    packed = tmp_path / "packed.csv"
    packed.write_bytes(b"\x1f\x8b" + b"0" * 20)
    with pytest.raises(DataError, match="gzip"):
        Recorded.read(packed)
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1" + b"0" * 64)
    with pytest.raises(DataError):
        Recorded.read(damaged)
    orders = written(tmp_path, "date,symbol,shares\n2020-01-02,AA,10\n")
    for cash in (0.0, float("nan")):
        with pytest.raises(ConfigError, match="cash"):
            build(file=orders, panel=panel_of(), cash=cash)


def test_parquet_says_the_same(tmp_path) -> None:
    frame = pl.DataFrame({"date": ["2020-01-02"], "AA": [0.25]}).with_columns(pl.col("date").str.to_date())
    frame.write_parquet(tmp_path / "one.parquet")
    agent = Recorded.read(tmp_path / "one.parquet")
    assert agent.symbols == ("AA",)
    assert agent.weights.tolist() == [[0.25]]
