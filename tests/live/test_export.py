from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from live.conftest import Finished
from quantrl.errors import ConfigError
from quantrl.live import export
from quantrl.live._export import write
from quantrl.live.engine import Daemon
from quantrl.live.frames import FRAMES


@pytest.fixture(scope="module")
def tables(finished: Finished) -> dict[str, pl.DataFrame]:
    return {what: export(finished.folder, what, finished.panel) for what in FRAMES}


def test_equity_is_what_the_daemon_saw_after_every_bar_exactly(
    finished: Finished, tables: dict[str, pl.DataFrame], tmp_path: Path
) -> None:
    equity = tables["equity"]
    assert equity["equity_1e8"].to_list() == finished.equity
    assert equity["time"].cast(pl.Int64).to_list() == finished.panel.time.tolist()
    with Daemon.open(finished.copy(tmp_path / "book"), panel=finished.panel) as daemon:
        state = daemon.state()
        assert equity["equity_1e8"][-1] == state.equity
        assert equity["cash_1e8"][-1] == state.cash
        assert {name: equity[f"agent/{name}_1e8"][-1] for name, _ in state.funded} == dict(state.funded)
    assert set(equity["state"]) == {"ACTIVE", "NO_ENTRY"}


def test_capital_of_the_agents_and_the_treasury_is_the_equity(tables: dict[str, pl.DataFrame]) -> None:
    equity = tables["equity"]
    agents = [name for name in equity.columns if name.startswith("agent/") and name.endswith("_1e8")]
    assert len(agents) == 5
    assert (
        equity.select(pl.sum_horizontal("treasury_1e8", *agents)).to_series() == equity["equity_1e8"]
    ).all()


def test_every_posting_sums_to_zero_and_together_they_are_the_cash(tables: dict[str, pl.DataFrame]) -> None:
    postings = tables["postings"]
    sums = postings.group_by("ord", "asset").agg(pl.col("cash_1e8", "lots").sum())
    assert sums["cash_1e8"].abs().sum() == sums["lots"].abs().sum() == 0
    ours = postings.filter(pl.col("owner").str.starts_with("agent/") | (pl.col("owner") == "treasury"))
    assert ours["cash_1e8"].sum() == tables["equity"]["cash_1e8"][-1]
    fees = postings.filter(pl.col("owner") == "fees")["cash_1e8"].sum()
    assert fees == tables["fills"]["fee_1e8"].sum() == tables["equity"]["fees_1e8"].sum() > 0


def test_fills_add_up_to_orders_and_cost_what_the_config_says(tables: dict[str, pl.DataFrame]) -> None:
    fills, orders = tables["fills"], tables["orders"]
    filled = fills.group_by("client_id").agg(pl.col("qty_lots").sum())
    joined = orders.join(filled, on="client_id", how="left")
    assert (joined["qty_lots_right"].fill_null(0) == joined["cum_lots"]).all()
    assert set(orders["state"]) <= {"FILLED", "EXPIRED", "ACKED", "CANCELED"}
    assert fills["slippage_1e8"].min() >= 0  # type: ignore[operator]
    assert fills["slippage"].sum() / fills["value"].sum() == pytest.approx(3e-4, rel=0.5)
    assert fills["fee"].sum() / fills["value"].sum() == pytest.approx(1e-3, rel=0.01)


def test_money_comes_exact_and_in_currency_and_names_are_names(
    finished: Finished, tables: dict[str, pl.DataFrame]
) -> None:
    for what, frame in tables.items():
        assert frame.height, what
        for name in frame.columns:
            if name.endswith("_1e8"):
                assert frame[name].dtype == pl.Int64
                assert frame[name.removesuffix("_1e8")].dtype == pl.Float64
        assert frame["changed" if what == "orders" else "time"].dtype == pl.Datetime("ns", "UTC")
    assert set(tables["fills"]["instrument"]) <= set(finished.panel.instruments)
    assert set(tables["rounds"]["agent"].drop_nulls()) == set(tables["decisions"]["agent"])


def test_rounds_and_transfers_tell_who_got_what(tables: dict[str, pl.DataFrame]) -> None:
    rounds, transfers = tables["rounds"], tables["transfers"]
    assert rounds["number"].n_unique() == 160
    assert (
        rounds.filter(pl.col("agent").is_null())["number"].max()
        < rounds.filter(pl.col("rank") == 1)["number"].min()
    )  # type: ignore[operator]
    shares = rounds.group_by("number").agg(pl.col("capital_ppm").sum())["capital_ppm"]
    assert 0 < shares.max() <= 1_000_000  # type: ignore[operator]
    assert transfers.group_by("ord").agg(pl.col("moved_1e8").sum())["moved_1e8"].abs().sum() == 0


def test_refusals_name_their_gate(tables: dict[str, pl.DataFrame]) -> None:
    verdicts = tables["verdicts"]
    assert set(verdicts["name"]) == {"trading state", "lock"}
    locked = verdicts.filter(pl.col("name") == "lock")
    assert set(locked["instrument"]) == {"CC"}
    assert set(locked["side"]) == {"buy"}


@pytest.mark.parametrize("name", ["fills.parquet", "fills.csv"])
def test_a_table_is_written_whole_or_not_at_all(
    finished: Finished, tables: dict[str, pl.DataFrame], tmp_path: Path, name: str
) -> None:
    path = write(finished.folder, "fills", tmp_path / name, finished.panel)
    again = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_csv(path)
    assert again["fee_1e8"].equals(tables["fills"]["fee_1e8"])
    assert again.columns == tables["fills"].columns
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_what_and_where_are_checked_first(finished: Finished, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="what: expected one of fills, orders"):
        export(finished.folder, "trades", finished.panel)
    with pytest.raises(
        ConfigError, match=r"to: expected a name that ends in \.parquet or \.csv, got 'x\.xlsx'"
    ):
        write(finished.folder, "fills", tmp_path / "x.xlsx", finished.panel)
    assert not list(tmp_path.iterdir())
