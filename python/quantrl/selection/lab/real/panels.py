"""Recorded markets for the real pool: a bundled sample, the CSI 300 panel, or any file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from quantrl import data
from quantrl.data import Panel
from quantrl.errors import ConfigError, DataError
from quantrl.typing import BoolArray, FloatArray
from quantrl.units import ns_from_iso

SAMPLE = "us20"
CSI = "csi300"
CSI_FILE = Path("csi300") / "panel.parquet"
_CSI_COLUMNS = ("date", "symbol", "open", "high", "low", "close", "preclose", "tradestatus", "isST")
_CSI_DAYS = 243.0
_GEM_REFORM = "2020-08-24"
_CENT = 1e-9
SURVIVORS = "names are index members of a date after the last bar: no result here is evidence of skill"
LOCKED = "orders that would fill at an open at its price limit are dropped, buys and sells alike"


def load(
    name: str,
    *,
    shared: Path = Path("../shared/data"),
    close_time: str | None = None,
    periods_per_year: float | None = None,
) -> Panel:
    """A panel by name or path.

    Parameters
    ----------
    name : str
        ``us20``, ``csi300``, or the path of a file `quantrl.data.read` reads.
    shared : Path
        Folder with ``csi300/panel.parquet``.
    close_time, periods_per_year
        Of a file, as for `quantrl.data.read`; the latter is required there.

    Raises
    ------
    DataError
        The file cannot be used.
    ConfigError
        A file without `periods_per_year`, or a named panel with one.
    """
    if name in (SAMPLE, CSI):
        if close_time is not None or periods_per_year is not None:
            raise ConfigError(f"{name}: has its own close time and periods a year; leave them out")
        return data.load_sample(name) if name == SAMPLE else csi300(shared / CSI_FILE)
    if periods_per_year is None:
        raise ConfigError(f"{name}: periods_per_year is required, for example 252; it is never guessed")
    return data.read(name, close_time=close_time, periods_per_year=periods_per_year)


def csi300(file: Path) -> Panel:
    """Chinese A-shares as one could have held them: dividends reinvested, halts and price limits kept.

    Parameters
    ----------
    file : Path
        Rows of date and symbol with unadjusted prices, ``preclose``, ``tradestatus`` and ``isST``.

    Returns
    -------
    Panel
        Prices start at the first unadjusted close of each name and grow by close / preclose; no later row moves an
        earlier price. A name that is halted, or opens at its limit, cannot be traded on that bar.

    Raises
    ------
    DataError
        No such file, or columns are missing.
    """
    if not file.is_file():
        raise DataError(f"{file}: expected the CSI 300 panel, got no such file")
    try:
        frame = pl.read_parquet(file, columns=list(_CSI_COLUMNS))
    except pl.exceptions.PolarsError as error:
        raise DataError(f"{file}: {' '.join(str(error).split())}") from None
    long = frame.select(
        *_CSI_COLUMNS[:7],
        tradable=pl.col("tradestatus") == 1,
        st=pl.col("isST").fill_null(0).cast(pl.Float64),
    )
    raw = Panel.from_long(long, close_time="15:00 Asia/Shanghai")
    level = _grown(raw["close"], raw["preclose"])
    factor = level / raw["close"]
    columns = {name: raw[name] * factor for name in ("open", "high", "low")}
    return Panel(
        {**columns, "close": level},
        raw.time,
        raw.instruments,
        periods_per_year=_CSI_DAYS,
        masks={"tradable": raw.tradable & ~_at_limit(raw)},
        adjust="total",
        name=CSI,
        source="csi300/panel.parquet",
        flags=(SURVIVORS, LOCKED),
    )


def _grown(close: FloatArray, preclose: FloatArray) -> FloatArray:
    """(T, N) first close times the product of close / preclose since; NaN where there is no row."""
    known = ~np.isnan(close)
    first = known.argmax(axis=0)
    growth = np.where(known, close / preclose, 1.0)
    growth[np.arange(len(close))[:, None] <= first] = 1.0
    start = close[first, np.arange(close.shape[1])]
    return np.where(known, start * np.cumprod(growth, axis=0), np.nan)


def _at_limit(raw: Panel) -> BoolArray:
    """(T, N) where the open is at a price limit: 10 % of preclose, 20 % on the boards that have it, 5 % for ST."""
    reformed = (raw.time >= ns_from_iso(_GEM_REFORM))[:, None]
    star, gem = (np.array([name.startswith(code) for name in raw.instruments]) for code in ("688", "30"))
    wide = star | (gem & reformed)
    share = np.where(wide, 0.20, np.where((raw["st"] == 1.0) & ~gem & ~star, 0.05, 0.10))
    up, down = (_to_cents(raw["preclose"] * (1.0 + sign * share)) for sign in (1, -1))
    locked: BoolArray = (raw["open"] >= up - _CENT) | (raw["open"] <= down + _CENT)
    return locked


def _to_cents(price: FloatArray) -> FloatArray:
    """Rounded half up to 0.01."""
    return np.floor(price * 100.0 + 0.5 + 1e-6) / 100.0
