from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from live import paper_book
from live.conftest import Finished
from live.rechained import rechain
from quantrl.errors import AlreadyRunning, ConfigError, DataError, JournalError
from quantrl.live import PaperConfig, events, export, verify
from quantrl.live.engine import Daemon
from quantrl.live.history import history
from quantrl.live.reading import closed_book
from quantrl.live.run_folder import fill_run
from quantrl.report import text
from quantrl.runs import open_run

FILES = {
    "config.toml",
    "decisions.parquet",
    "equity.parquet",
    "fills.parquet",
    "ledger.parquet",
    "log.txt",
} | {
    "metrics.json",
    "report.json",
}


@pytest.fixture(scope="module")
def run(finished: Finished, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill_run(finished.folder, tmp_path_factory.mktemp("out") / "run", finished.panel, rederive=True)


def test_the_folder_is_a_run_that_names_its_files_and_its_journal(run: Path, finished: Finished) -> None:
    manifest = open_run(run).manifest
    assert manifest["kind"] == "paper"
    assert set(manifest["files"]) == FILES == {path.name for path in run.iterdir()} - {"manifest.json"}
    for name, sha in manifest["files"].items():
        assert hashlib.sha256((run / name).read_bytes()).hexdigest() == sha
    head = verify(finished.folder).head
    assert head is not None
    assert (manifest["journal"]["seq"], manifest["journal"]["head"]) == (head.seq, head.hash.hex())
    assert PaperConfig.from_toml(run / "config.toml").cold() == paper_book.config().cold()


def test_the_same_book_gives_the_same_bytes_beside_its_journal(
    run: Path, finished: Finished, tmp_path: Path
) -> None:
    folder = finished.copy(tmp_path / "run")
    before = verify(folder)
    assert fill_run(folder, None, finished.panel, rederive=True) == folder
    for name in FILES | {"manifest.json"}:
        assert (folder / name).read_bytes() == (run / name).read_bytes(), name
    assert fill_run(folder, folder / "../run", finished.panel) == folder / "../run"
    assert verify(folder) == before
    with Daemon.open(folder, panel=finished.panel) as daemon:
        assert daemon.bar == 159


def test_curves_are_those_of_the_book_and_of_its_shadow_accounts(tmp_path: Path) -> None:
    panel = paper_book.panel(90)
    with Daemon.create(tmp_path / "book", paper_book.config(), panel=panel) as daemon:
        seen: list[int] = []
        daemon.on_cycle = lambda d: seen.append(d.book.books.account_equity())
        daemon.run(until=int(panel.time[84]))
        shadows = daemon.book.field.shadows.history[:85, :, 0].copy()
    curves = pl.read_parquet(fill_run(tmp_path / "book", None, panel) / "equity.parquet")
    assert curves["time"].to_list() == panel.time[:85].tolist()
    assert curves["book:paper"].to_list() == [equity / 10**8 for equity in seen]
    agents = curves.select(pl.col("^agent:.*$")).to_numpy()
    assert np.array_equal(agents, shadows)
    report = json.loads((tmp_path / "book/report.json").read_text())
    assert (report["status"], report["data"]["bars"]) == ("open", 85)


def test_the_report_says_what_happened(run: Path, finished: Finished) -> None:
    report = json.loads((run / "report.json").read_text())
    paper = report["paper"]
    assert [entry["state"] for entry in paper["states"]] == ["ACTIVE", "NO_ENTRY", "ACTIVE"]
    assert "lunch" in paper["states"][1]["reason"]
    assert {(gate["name"], gate["scope"]) for gate in paper["gates"]} == {
        ("trading state", "agent"),
        ("lock", "agent"),
    }
    assert (
        sum(gate["refused"] for gate in paper["gates"])
        == export(finished.folder, "verdicts", finished.panel).height
        > 20
    )
    assert paper["journal"]["rederived"] == 1.0
    assert paper["journal"]["starts"] == 2
    assert sum(paper["orders"].values()) == export(finished.folder, "orders", finished.panel).height > 100
    assert (report["audit"]["breaches"], report["audit"]["max_residual"]) == (0, 0.0)
    sharpe = report["books"][0]["measures"]["sharpe"]
    assert sharpe["low"] < sharpe["value"] < sharpe["high"]
    assert {row["agent"] for row in report["leaderboard"]} == {id for id, _ in paper_book.RULES}
    assert sum(row["capital"] for row in report["leaderboard"]) == pytest.approx(1.0, abs=0.2)
    assert "every unit of its equity is explained" in " ".join(text(run).split())
    assert "cli: lock instrument=CC reason=looks odd side=buy" in (run / "log.txt").read_text()


def test_equity_is_explained_to_the_last_unit_at_every_bar(finished: Finished) -> None:
    with closed_book(finished.folder, finished.panel) as book:
        bars = list(history(book))
    assert [sum(bar.sources) for bar in bars] == finished.equity
    deposited, financing, fees, fills, marks = bars[-1].sources
    assert (deposited, financing) == (25_000_000_000_000, 0)
    assert fees == -sum(bar.fees for bar in bars) < 0
    # Bars are marked at the close their fills are priced at, so a fill's own loss is its slippage.
    assert fills == -sum(bar.slippage for bar in bars) < 0
    assert marks == finished.equity[-1] - deposited - fees - fills


def test_fills_are_those_of_a_backtest_in_units_and_reference_prices(run: Path, finished: Finished) -> None:
    fills = pl.read_parquet(run / "fills.parquet")
    bar = np.searchsorted(finished.panel.time, fills["time"].to_numpy())
    column = [finished.panel.instruments.index(name) for name in fills["instrument"]]
    assert fills["price"].to_numpy() == pytest.approx(finished.panel["close"][bar, column], rel=1e-12)
    held = fills.group_by("instrument").agg(pl.col("units").sum())
    targets = pl.read_parquet(run / "decisions.parquet")
    assert (targets["decided"].to_numpy() == finished.panel.time).all()
    for name, units in held.iter_rows():
        assert units >= 0
        assert targets[f"w:{name}"][-1] >= 0


def test_a_book_that_does_not_say_what_it_must_fills_nothing(finished: Finished, tmp_path: Path) -> None:
    folder = finished.copy(tmp_path / "book")
    seq = rechain(folder, events.Verdict, lambda v: v._replace(limit=v.limit + 1))
    with pytest.raises(JournalError, match=f"event {seq}") as caught:
        fill_run(folder, tmp_path / "run", finished.panel, rederive=True)
    assert caught.value.seq == seq
    assert not (tmp_path / "run").exists()
    report = json.loads((fill_run(folder, None, finished.panel) / "report.json").read_text())
    assert report["paper"]["journal"]["rederived"] is None


def test_no_other_book_is_replaced_and_none_that_runs_is_read(finished: Finished, tmp_path: Path) -> None:
    panel = paper_book.panel(20)
    with Daemon.create(tmp_path / "other", paper_book.config(), panel=panel) as daemon:
        with pytest.raises(AlreadyRunning):
            fill_run(tmp_path / "other", None, panel)
        with pytest.raises(ConfigError, match="a paper book of its own"):
            fill_run(finished.folder, tmp_path / "other", finished.panel)
        assert daemon.bar == -1
    with pytest.raises(DataError, match="not taken a bar yet"):
        fill_run(tmp_path / "other", None, panel)
