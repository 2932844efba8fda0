"""Bars of an exchange: when a date's bar ends, and which sessions are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantrl import data
from quantrl.cli import main
from quantrl.config import DataConfig
from quantrl.data.calendars import Calendar
from quantrl.errors import ConfigError, DataError
from quantrl.units import ns_from_iso

pytest.importorskip("exchange_calendars", reason="the extra data is not installed")

# Thanksgiving of 2024 was 28 November; the day after closed at 13:00 New York.
DAYS = ("2024-11-26", "2024-11-27", "2024-11-29", "2024-12-02")
CLOSES = ("2024-11-26T21:00", "2024-11-27T21:00", "2024-11-29T18:00", "2024-12-02T21:00")


@pytest.fixture
def prices(tmp_path: Path) -> Any:
    def write(*days: str) -> Path:
        path = tmp_path / "prices.csv"
        path.write_text("date,KO\n" + "".join(f"{day},{60 + k}\n" for k, day in enumerate(days)))
        return path

    return write


def test_a_half_day_ends_early(prices: Any) -> None:
    panel = data.read(prices(*DAYS), calendar="XNYS", periods_per_year=252)
    assert panel.time.tolist() == [ns_from_iso(close) for close in CLOSES]
    assert panel.flags == ()
    frame = pl.DataFrame({"date": DAYS, "KO": [60.0, 61.0, 62.0, 63.0]})
    assert data.Panel.from_wide(frame, calendar="XNYS").time.tolist() == panel.time.tolist()
    assert data.load(DataConfig(path=str(prices(*DAYS)), calendar="XNYS")).id == panel.id


def test_a_date_that_is_no_session_is_named(prices: Any) -> None:
    with pytest.raises(
        DataError, match=r"prices.csv: line 3, column 'date': 2024-11-28 is no session of XNYS"
    ):
        data.read(prices("2024-11-27", "2024-11-28", "2024-11-29"), calendar="XNYS")


def test_missing_sessions_are_q11(prices: Any) -> None:
    path = prices(DAYS[0], DAYS[3])
    assert "Q11" not in data.check_quality(path).codes
    (found,) = data.check_quality(path, calendar="XNYS").warnings
    assert (found.code, found.rows, found.n_rows) == ("Q11", (3, 3), 2)
    assert found.example == "2 of 4 sessions of XNYS, the first 2024-11-27"
    panel = data.read(path, calendar="XNYS")
    assert data.check_quality(panel, calendar="XNYS").codes == ("Q11",)
    assert data.check_quality(data.read(prices(*DAYS), calendar="XNYS"), calendar="XNYS").codes == ()


def test_hours_of_a_session_count_as_its_bars() -> None:
    sessions = Calendar.of("XNYS", "2024-11-26", "2024-11-29")
    assert sessions.labels == DAYS[:3]
    hours = [ns_from_iso(text) for text in ("2024-11-26T15:30", "2024-11-26T16:30", "2024-11-29T18:00")]
    assert sessions.seen(hours).tolist() == [True, False, True]
    assert sessions.seen([*hours, ns_from_iso("2024-11-29T18:01")]).tolist() == [True, False, True]


def test_the_command_line(prices: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["data", "check", str(prices(DAYS[0], DAYS[3])), "--calendar", "XNYS"]) == 0
    assert "warning: Q11" in capsys.readouterr().out
    assert main.run(["data", "check", str(prices(*DAYS)), "--calendar", "XNOWHERE"]) == 2
    assert "calendar 'XNOWHERE'" in capsys.readouterr().err


def test_settings_that_contradict_each_other_are_refused(prices: Any) -> None:
    with pytest.raises(ConfigError, match="cannot stand beside close_time"):
        data.read(prices(*DAYS), calendar="XNYS", close_time="16:00 America/New_York")
    with pytest.raises(ConfigError, match=r"data.calendar: sample 'us20' has its own times"):
        data.load(DataConfig(sample="us20", calendar="XNYS"))
