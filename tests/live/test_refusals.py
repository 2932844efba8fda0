"""Bad input: the named error, and nothing written."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import quantrl.live
from live.paper_books import DAY, START, config, make, of_prices, panel
from quantrl.data import Panel
from quantrl.errors import AlreadyRunning, ConfigError, DataError, FeedError, StorageError
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.limits import RiskLimits
from quantrl.live.risk import GATES

CLOSE = np.full((4, 2), 10.0)


def contents(folder: Path) -> dict[str, tuple[str, int]]:
    """Every file with its hash and time of change."""
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"leverage": 2}, "leverage"),
        ({"venue": {"tik": "0.01"}}, "venue.tik"),
        ({"risk": {"drawdown": 3}}, "risk.drawdown"),
        ({"risk": {"order_bp": -1}}, "risk.order_bp"),
        ({"risk": {"drawdown_reduce_bp": 500, "drawdown_halt_bp": 400}}, "risk.drawdown_halt_bp"),
        ({"rounds": {"vesting_pct": 0}}, "rounds.vesting_pct"),
        ({"hosts": {"workers": -1}}, "hosts.workers"),
        ({"hosts": {"timeout_s": float("nan")}}, "hosts.timeout_s"),
        ({"initial_cash": 1e-9}, "initial_cash"),
        ({"initial_cash": 1e12}, "initial_cash"),
        ({"currency": "usd"}, "currency"),
        ({"agents": []}, "agents"),
        ({"backtest": {"fill": "close"}}, "backtest.fill"),
        ({"backtest": {"fill": "next_typical"}}, "backtest.fill"),
    ],
)
def test_a_config_is_refused_by_its_key(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        config(**changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"venue": {"tick": "0.00001", "lot": "0.00001"}}, "cash_units|whole number"),
        ({"venue": {"instruments": {"N7": {"tick": "0.1"}}}}, "N7"),
        ({"agents": [{"id": "rules/none"}]}, "rules/none"),
        ({"agents": [{"id": "rules/momentum", "params": {"speed": 1}}]}, "speed"),
    ],
)
def test_what_does_not_fit_the_feed_writes_nothing(
    changes: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=words):
        make(tmp_path / "book", config(**changes), panel(0, 4, 2))
    assert not (tmp_path / "book").exists()


def torn() -> Panel:
    close = CLOSE.copy()
    close[2, 1] = np.nan
    return of_prices(close, CLOSE)


def late(t: int, lag: int) -> Panel:
    """A close that is known later than the next one."""
    at = START + DAY * np.arange(1, 5)
    at[t] += lag
    return Panel(
        {"close": CLOSE, "open": CLOSE},
        START + DAY * np.arange(1, 5),
        ["N0", "N1"],
        periods_per_year=252.0,
        available_at={"close": at},
    )


@pytest.mark.parametrize(
    ("feed", "words"),
    [
        (lambda: of_prices(CLOSE + np.array([[0.0, 0.0]] * 2 + [[0.0, 0.001]] * 2)), "row 2: N1.*10.001"),
        (torn, "row 2: close of N1"),
        (lambda: late(1, 2 * DAY), "row 2: available_at"),
        (lambda: of_prices(CLOSE * 1e18), "row 0"),
    ],
)
def test_rows_no_market_prints_write_nothing(feed: Any, words: str, tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=words):
        make(tmp_path / "book", config(), feed())
    assert not (tmp_path / "book").exists()


def test_times_out_of_order_are_no_panel() -> None:
    with pytest.raises(DataError, match="row 1 .* not after row 0"):
        Panel({"close": CLOSE}, START - DAY * np.arange(4), ["N0", "N1"])


def test_prices_off_the_grid_are_rounded_where_the_config_says_so(tmp_path: Path) -> None:
    settings = config(venue={"tick_policy": "round"})
    with make(tmp_path / "book", settings, of_prices(CLOSE + 0.001)) as daemon:
        assert daemon.setup.feed.off_grid == pytest.approx(0.1)
        assert float(daemon.journal.meta("off_grid") or "") == daemon.setup.feed.off_grid


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_a_folder_that_anyone_may_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "book"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match="777"):
        make(folder, config(), panel(0, 4, 2))
    assert not list(folder.iterdir())
    folder.chmod(0o700)
    make(folder, config(), panel(0, 4, 2)).close()
    folder.chmod(0o702)
    before = contents(folder)
    with pytest.raises(ConfigError, match="702"):
        Daemon.open(folder, panel=panel(0, 4, 2))
    assert contents(folder) == before


def test_a_file_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "book").write_text("mine")
    with pytest.raises(StorageError, match="book"):
        make(tmp_path / "book", config(), panel(0, 4, 2))
    assert (tmp_path / "book").read_text() == "mine"


def test_an_existing_book_is_not_overwritten(tmp_path: Path) -> None:
    feed = panel(0, 4, 2)
    make(tmp_path / "book", config(), feed).close()
    before = contents(tmp_path)
    with pytest.raises(ConfigError, match="book already"):
        make(tmp_path / "book", config(), feed)
    assert contents(tmp_path) == before


def test_a_folder_without_a_book_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        Daemon.open(tmp_path / "none", panel=panel(0, 4, 2))
    (tmp_path / "empty").mkdir(mode=0o700)
    with pytest.raises(ConfigError, match="no book"):
        Daemon.open(tmp_path / "empty", panel=panel(0, 4, 2))
    assert not list((tmp_path / "empty").iterdir())


def test_a_second_owner_is_refused(tmp_path: Path) -> None:
    feed = panel(0, 4, 2)
    with make(tmp_path / "book", config(), feed), pytest.raises(AlreadyRunning):
        Daemon.open(tmp_path / "book", panel=feed)


def test_a_feed_that_changed_is_refused_with_both_hashes(tmp_path: Path) -> None:
    feed = panel(0, 6, 2)
    daemon = make(tmp_path / "book", config(), feed)
    daemon.run()
    daemon.close()
    before = contents(tmp_path / "book")
    close = np.array(feed["close"])
    close[3, 1] += 0.01
    changed = of_prices(close, np.array(feed["open"]))
    with pytest.raises(FeedError, match=f"(?s){feed.id}.*{changed.id}"):
        Daemon.open(tmp_path / "book", panel=changed)
    after = contents(tmp_path / "book")
    assert {name: one[0] for name, one in after.items() if not name.endswith("-shm")} == {
        name: one[0] for name, one in before.items()
    }
    with Daemon.open(tmp_path / "book", panel=feed) as again:
        assert again.bar == 5


def test_the_strategy_is_the_demo(project_root: Path) -> None:
    config_file = project_root / "strategies" / "flagship" / "config.toml"
    assert PaperConfig.from_toml(config_file) == PaperConfig.demo()
    bundled = Path(quantrl.live.__file__).with_name("demo.toml")
    assert config_file.read_bytes() == bundled.read_bytes()


def test_the_page_names_every_limit(project_root: Path) -> None:
    page = (project_root / "docs" / "paper_trading.md").read_text(encoding="utf-8")
    assert [name for name in RiskLimits.__dataclass_fields__ if f"`{name}`" not in page] == []
    assert [gate.code for gate in GATES if f"\n| {gate.code} " not in page] == []
