"""912 orders of seven agents on Chinese shares, with the cash and the final values their ledgers say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from quantrl.agents.recorded import build
from quantrl.agents.recorded.conversion import convert
from quantrl.agents.recorded.reading import read_sheet
from quantrl.backtest import Costs, run_agent
from quantrl.data import Panel
from quantrl.units import NS_PER_DAY

FINAL = {
    "glm-4.6": 104_839,
    "claude-3.7-sonnet": 101_075,
    "gemini-2.5-flash": 100_411,
    "MiniMax-M2": 99_085,
    "deepseek-chat-v3.1": 98_408,
    "qwen3-max": 96_003,
    "gpt-5": 95_884,
}


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    path = shared_data / "ai_trader"
    if not path.is_dir():
        pytest.skip("the reference data set ai_trader is absent")
    return path


@pytest.fixture(scope="module")
def panel(folder: Path) -> Panel:
    """Thirty days, and before them one bar of the closes the first day started from: orders need a bar to decide on."""
    days = pl.read_parquet(folder / "prices_daily.parquet").sort("date", "symbol")
    names = days["symbol"].unique().sort().to_list()
    opens, close, before = (
        days[column].to_numpy().reshape(-1, len(names)) for column in ("open", "close", "preclose")
    )
    dates = days["date"].unique().sort().dt.epoch("ns").to_numpy()
    # Shanghai closes at 07:00 UTC
    time = np.concatenate([[dates[0] - NS_PER_DAY], dates]) + 7 * NS_PER_DAY // 24
    columns = {"open": np.concatenate([before[:1], opens]), "close": np.concatenate([before[:1], close])}
    return Panel.from_arrays(columns, time, names, periods_per_year=244.0)


def test_every_order_leaves_the_cash_its_ledger_says(folder: Path, panel: Panel) -> None:
    orders = 0
    for agent in FINAL:
        sheet = read_sheet(folder / "actions_daily.parquet", agent).orders()
        found = convert(sheet, panel, cash=100_000.0)
        assert found.cash == pytest.approx(sheet.frame["cash"].to_numpy(), abs=1e-6)
        orders += len(found.cash)
    assert orders == 912


@pytest.mark.parametrize("agent", FINAL)
def test_the_account_of_the_converted_weights_ends_where_the_record_does(folder, panel, agent: str) -> None:
    file = str(folder / "actions_daily.parquet")
    recorded = build(file=file, agent=agent, panel=panel, cash=100_000.0)
    found = run_agent(recorded, panel, costs=Costs.zero(), initial_cash=100_000.0)
    assert found.equity[-1] == pytest.approx(FINAL[agent], abs=1.0)
