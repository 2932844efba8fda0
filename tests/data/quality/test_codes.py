"""One fixture for every code, which gives exactly that code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import quantrl.data as data
from quantrl.data.panel import Panel
from quantrl.data.quality.report import CODES
from quantrl.errors import DataError
from quantrl.units import NS_PER_DAY, ns_from_iso

Bars = Callable[..., pl.DataFrame]
Write = Callable[[str, Any], Path]


def edit(frame: pl.DataFrame, column: str, row: int, value: Any) -> pl.DataFrame:
    values = frame[column].to_list()
    values[row] = value
    return frame.with_columns(pl.Series(column, values, strict=False))


FILES: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "Q01": lambda f: pl.concat([f[:10], f[11:], f[10:11]]),
    "Q02": lambda f: pl.concat([f[:11], f[10:]]),
    "Q03": lambda f: edit(f.cast({"open": pl.String}), "open", 4, "NaN"),
    "Q04": lambda f: edit(f, "low", 4, -3.0),
    "Q05": lambda f: edit(f, "high", 4, f["close"][4] - 0.1),
    "Q06": lambda f: edit(f, "volume", 4, -1.0),
    "Q07": lambda f: f.with_columns(available_at=pl.col("date") - pl.duration(days=1)),
    "Q08": lambda f: f.with_columns(date=pl.col("date").cast(pl.Datetime) + pl.duration(hours=16)),
    "Q10": lambda f: f.with_columns(
        pl.col("open", "high", "low", "close") / pl.when(pl.col("date").dt.day() > 15).then(2).otherwise(1)
    ),
    "Q12": lambda f: edit(f, "volume", 29, 20.0),
    "Q13": lambda f: f.with_columns(
        pl.when(pl.col("date").dt.day().is_between(10, 14)).then(100.0).otherwise(pl.col(c)).alias(c)
        for c in ("open", "high", "low", "close")
    ),
    "Q14": lambda f: f.with_columns(volume=pl.lit(7.0)),
    "Q15": lambda f: f.with_columns(open=pl.col("close"), high=pl.col("close"), low=pl.col("close")),
    "Q18": lambda f: pl.concat([f[:10], f[13:]]).vstack(f.with_columns(symbol=pl.lit("B"))),
}
LINES = {"Q01": 31, "Q02": 13, "Q07": 2, "Q08": 2, "Q10": 17, "Q12": 31, "Q13": 11, "Q14": 2, "Q15": 2}
LINES |= dict.fromkeys(("Q03", "Q04", "Q05", "Q06"), 6)


@pytest.mark.parametrize("code", FILES)
def test_a_file_with_one_fault_gives_one_code(code: str, bars: Bars, write: Write) -> None:
    path = write("a.csv", FILES[code](bars()))
    report = data.check_quality(path)
    assert report.codes == (code,)
    assert report.findings[0].severity == CODES[code][0]
    if code in LINES:
        assert report.findings[0].rows[0] == LINES[code]
    if CODES[code][0] == "error":
        with pytest.raises(DataError, match=rf"^{path}: {code} line {LINES[code]}, column '\w+'") as caught:
            data.read(path)
        assert "\n" not in str(caught.value)
    else:
        assert data.check_quality(data.read(path)).codes == (code,)


def daily(n: int, names: int, **settings: Any) -> Panel:
    k = np.arange(n)[:, None] * 7 + np.arange(names)
    columns = {"close": 100.0 + k % 11 * 0.5, **settings.pop("columns", {})}
    return Panel(columns, 10**18 + NS_PER_DAY * np.arange(n), [f"S{i}" for i in range(names)], **settings)


def test_q09_dividends_beside_total_return_prices() -> None:
    dividend = np.zeros((30, 2))
    dividend[7, 1] = 0.4
    report = data.check_quality(daily(30, 2, columns={"dividend": dividend}, adjust="total"))
    assert report.codes == ("Q09",)
    assert report.errors[0].instrument == "S1"
    assert report.errors[0].rows == (7,)
    assert data.check_quality(daily(30, 2, columns={"dividend": dividend}, adjust="raw")).codes == ()


def test_q12_a_name_missing_from_the_last_bar() -> None:
    panel = daily(30, 2)
    close = panel["close"].copy()
    close[-1, 1] = np.nan
    report = data.check_quality(panel.with_columns(close=close))
    assert report.codes == ("Q12",)
    assert report.warnings[0].instrument == "S1"


def test_q16_all_names_alive_after_more_than_a_year() -> None:
    assert data.check_quality(daily(400, 5)).codes == ("Q16",)
    assert data.check_quality(daily(400, 4)).codes == ()
    assert data.check_quality(daily(300, 5)).codes == ()


def test_q17_members_known_after_their_use() -> None:
    member = np.ones((30, 2), dtype=bool)
    late = daily(30, 2, masks={"member": member}, available_at={"member": NS_PER_DAY})
    assert data.check_quality(late).codes == ("Q17",)
    assert data.check_quality(daily(30, 2, masks={"member": member}, available_at={"member": 0})).codes == ()


def test_q18_counts_halts_limits_and_lives() -> None:
    panel = data.synthetic(3, n_bars=300, n_instruments=4)
    report = data.check_quality(panel)
    assert report.codes == ("Q18",)
    assert not report.errors
    assert not report.warnings
    said = {found.instrument: found.message for found in report.infos}
    assert "listed after the start" in said["S01"]
    assert "gone before the end" in said["S03"]
    assert "halted bars" in " ".join(said.values())
    assert "limit bars" in " ".join(said.values())


def test_closes_only_are_not_blamed_for_what_they_lack() -> None:
    report = data.check_quality(data.load_sample("us20"))
    assert set(report.codes) == {"Q10", "Q13", "Q16"}


def test_q10_finds_the_split_of_msft() -> None:
    panel = data.load_sample("us5")
    found = next(f for f in data.check_quality(panel).warnings if f.code == "Q10" and f.instrument == "MSFT")
    assert [int(panel.time[row]) for row in found.rows] == [ns_from_iso("2003-02-18T21:00")]
    assert found.example == "-48.3 %"


def test_every_code_has_a_fixture_here() -> None:
    assert set(FILES) | {"Q09", "Q11", "Q16", "Q17"} == set(CODES)


def test_all_faults_are_reported_at_once(bars: Bars, write: Write) -> None:
    frame = edit(edit(bars(), "volume", 9, -1.0), "low", 3, 0.0)
    path = write("a.csv", frame)
    report = data.check_quality(path)
    assert report.codes == ("Q04", "Q06")
    with pytest.raises(DataError, match=r"Q04 line 5, column 'low'.*got 0.0 \(and 1 more\)$"):
        report.raise_if_errors()
    with pytest.raises(DataError, match="^mine: Q04"):
        report.raise_if_errors("mine")


def test_table_has_a_line_for_every_finding(bars: Bars) -> None:
    report = data.check_quality(edit(bars(), "low", 3, 0.0))
    table = report.table()
    assert table.columns == [
        "code",
        "severity",
        "instrument",
        "column",
        "rows",
        "first_row",
        "example",
        "message",
    ]
    assert table.row(0)[:6] == ("Q04", "error", "A", "low", 1, 4)
    assert data.check_quality(bars()).table().height == 0
    assert data.check_quality(bars()).raise_if_errors() is None


def test_a_feed_that_repeats_its_last_bar_is_stale(bars: Bars, write: Write) -> None:
    frame = bars()
    again = [9] * 6  # five more times the tenth bar, whose open and close differ
    stale = pl.concat([frame[:9], frame[again].with_columns(date=frame["date"][9:15]), frame[15:]])
    report = data.check_quality(write("a.csv", stale))
    assert report.codes == ("Q13",)
    assert "6 bars at most" in report.findings[0].line("line")
    four = pl.concat([frame[:9], frame[again[:4]].with_columns(date=frame["date"][9:13]), frame[13:]])
    assert data.check_quality(write("b.csv", four)).codes == ()
