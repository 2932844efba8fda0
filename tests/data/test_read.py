from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import quantrl.data as data
from quantrl.config import DataConfig
from quantrl.errors import ConfigError, DataError
from quantrl.units import iso_date

Write = Callable[[str, object], Path]
Bars = Callable[..., pl.DataFrame]


def test_exports_exist_and_are_listed() -> None:
    for name in data.__all__:
        assert getattr(data, name) is not None
    assert dir(data) == sorted(data.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        data.nothing  # noqa: B018


def test_import_is_lazy() -> None:
    code = (
        "import sys, quantrl.data; sys.exit(sum(m in sys.modules for m in ('numpy', 'polars', 'pydantic')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_load_adjusts_for_splits_and_dividends() -> None:
    raw, total = (data.load(DataConfig(sample="us5", adjust=how)) for how in ("raw", "total"))
    split = np.searchsorted(raw.time, raw.time[0] + 111 * 86_400 * 10**9)  # AAPL halved on 2000-06-21
    window = slice(split - 3, split + 3)
    assert (raw["close"][window, 0][1:] / raw["close"][window, 0][:-1]).min() < 0.6
    assert (total["close"][window, 0][1:] / total["close"][window, 0][:-1]).min() > 0.9
    assert "adj_close" not in total
    with pytest.raises(ConfigError, match="'total' needs a column 'adj_close'; us20 has none"):
        data.load(DataConfig(sample="us20", adjust="total"))


def test_load_a_sample_cut_to_dates() -> None:
    panel = data.load(DataConfig(sample="us20", start="2000-01-01", end="2000-12-29", periods_per_year=250.0))
    assert (iso_date(panel.time[0]), iso_date(panel.time[-1])) == ("2000-01-03", "2000-12-29")
    assert panel.periods_per_year == 250
    assert panel.name == "us20"


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_load_a_file(write: Write, bars: Bars, suffix: str) -> None:
    path = write("mine" + suffix, bars("AB"))
    panel = data.load(DataConfig(path=str(path), close_time="16:00 America/New_York", periods_per_year=252.0))
    assert panel.shape == (30, 2)
    assert panel.name == "mine"
    assert panel.source == str(path)
    assert panel.flags == ()
    assert panel.id == data.read(path, close_time="16:00 America/New_York").id


def test_load_refuses_what_makes_no_sense(write: Write, bars: Bars) -> None:
    with pytest.raises(ConfigError, match="close_time"):
        data.load(DataConfig(sample="us20", close_time="16:00 America/New_York"))
    with pytest.raises(DataError, match="no bar between 2030-01-01 and"):
        data.load(DataConfig(sample="us20", start="2030-01-01"))
    with pytest.raises(ConfigError, match="unknown sample"):
        data.load(DataConfig(sample="us21"))
    path = str(write("a.csv", bars()))
    with pytest.raises(ConfigError, match="layout"):
        data.read(path, layout="tall")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="time_zone"):
        data.read(path, time_zone="Mars")


def test_the_format_can_be_named(write: Write, bars: Bars) -> None:
    text = write("bars.txt", bars().write_csv())
    with pytest.raises(DataError, match=r"expected a file ending in \.csv, \.npz, \.parquet, \.pq"):
        data.read(text)
    assert data.read_csv(text, columns=["close"]).columns.keys() == {"close"}
    with pytest.raises(DataError, match="is not a Parquet file"):
        data.read_parquet(text)
    with pytest.raises(ConfigError, match="unknown sources 'excel'"):
        data.read(text, source="excel")


def test_check_quality_takes_panels_frames_and_files(write: Write, bars: Bars) -> None:
    frame = bars().with_columns(volume=pl.lit(5.0))
    path = write("a.csv", frame)
    for given in (path, str(path), frame, data.read(path)):
        assert data.check_quality(given).codes == ("Q14",)


def test_reading_twice_gives_one_id(write: Write, bars: Bars) -> None:
    frame = bars("BA")
    long = data.read(write("long.parquet", frame))
    shuffled = data.read(write("sorted.parquet", frame.sort("date", "symbol")))
    assert long.id == shuffled.id
    assert np.array_equal(long["close"], shuffled["close"])
