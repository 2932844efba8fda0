"""Market data of one frequency: (T, N) columns that cannot change, with the time each value became known."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl.data import derive
from quantrl.data.arguments import read_arrival, read_column, read_mask, read_table, read_time
from quantrl.data.hashing import panel_id
from quantrl.data.instrument import Instrument
from quantrl.data.layout import LayoutName
from quantrl.errors import ConfigError, DataError
from quantrl.typing import BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.data.reveal import Reveal
    from quantrl.data.view import View

ADJUSTMENTS = ("", "raw", "split", "total")


class Panel:
    """Columns of T bars by N instruments. Nothing in it can be changed; every method returns a new panel.

    Parameters
    ----------
    columns : mapping of str to (T, N) array
        Copied to float64, C order, read-only. Missing is NaN.
    time : (T,) int64 or datetime64
        Bar ends, ns UTC, strictly increasing.
    instruments : sequence of str or Instrument
    periods_per_year : float, optional
        For annualising; 252 for daily US stocks.
    available_at : mapping of str to int, (T,) or (T, N) int64, optional
        When values of a column or mask became known: an int is a lag in ns after the bar's end, an array
        holds times. Other columns are known when the bar ends.
    masks : mapping of str to (T, N) bool, optional
        ``tradable``, ``can_buy``, ``can_sell``, ``member``.
    adjust : str
        What prices contain: ``raw``, ``split``, ``total`` (splits and dividends), or empty for not known.
    name, source : str
        For reports.
    flags : iterable of str
        What a reader of any result must know.

    Raises
    ------
    DataError
        Shapes or names that do not fit, time not increasing, an infinite value, a price of 0 or less, a
        negative volume, a value known before its bar ended. The message names column, row and instrument.
    ConfigError
        `periods_per_year` or `adjust` out of range.
    """

    def __init__(
        self,
        columns: Mapping[str, Any],
        time: Any,
        instruments: Sequence[str | Instrument],
        *,
        periods_per_year: float | None = None,
        available_at: Mapping[str, Any] | None = None,
        masks: Mapping[str, Any] | None = None,
        adjust: str = "",
        name: str = "",
        source: str = "arrays",
        flags: Iterable[str] = (),
    ) -> None:
        self._time = read_time(time)
        self._table = read_table(instruments)
        shape = (len(self._time), len(self._table))
        if not columns:
            raise DataError("a panel needs at least one column, such as close")
        self._columns = {key: read_column(key, values, shape) for key, values in columns.items()}
        self._masks = {key: read_mask(key, values, shape) for key, values in (masks or {}).items()}
        self._available = {}
        for key, at in (available_at or {}).items():
            self._known(key)
            self._available[key] = read_arrival(key, at, self._time, shape)
        if periods_per_year is not None and not (math.isfinite(periods_per_year) and periods_per_year > 0):
            raise ConfigError(f"expected periods_per_year above 0, got {periods_per_year}")
        if adjust not in ADJUSTMENTS:
            raise ConfigError(f"expected adjust to be one of raw, split, total, got {adjust!r}")
        self._periods_per_year = None if periods_per_year is None else float(periods_per_year)
        self._adjust, self._name, self._source = adjust, name, source
        self._flags = tuple(dict.fromkeys(flags))
        self._instruments = tuple(instrument.symbol for instrument in self._table)
        self._cache: dict[str, Any] = {}
        derive.check(self)

    @classmethod
    def from_arrays(
        cls, columns: Mapping[str, Any], time: Any, instruments: Sequence[str | Instrument], **settings: Any
    ) -> Panel:
        """A panel from arrays; `settings` are the keyword arguments of `Panel`."""
        return cls(columns, time, instruments, **settings)

    @classmethod
    def from_long(
        cls,
        frame: pl.DataFrame,
        *,
        close_time: str | None = None,
        time_zone: str | None = None,
        calendar: str | None = None,
        **settings: Any,
    ) -> Panel:
        """A panel from a frame with a row for every instrument and time.

        Parameters
        ----------
        frame : polars.DataFrame
            Columns as in a long file, see `quantrl.data.layout.detect`. Null and NaN are missing.
        close_time : str, optional
            When the bar of a bare date ends, such as ``16:00 America/New_York``.
        time_zone : str, optional
            Zone of times that name none.
        calendar : str, optional
            Exchange, such as ``XNYS``, whose sessions say when bars of bare dates end; instead of `close_time`.
        settings
            Keyword arguments of `Panel`.

        Raises
        ------
        DataError
            Any finding of severity error, see `quantrl.data.check_quality`.
        """
        return _from_frame(frame, "long", close_time, time_zone, calendar, settings)

    @classmethod
    def from_wide(
        cls,
        frame: pl.DataFrame,
        *,
        close_time: str | None = None,
        time_zone: str | None = None,
        calendar: str | None = None,
        **settings: Any,
    ) -> Panel:
        """A panel of closes from a frame with a time column and one column an instrument; see `from_long`."""
        return _from_frame(frame, "wide", close_time, time_zone, calendar, settings)

    @property
    def columns(self) -> Mapping[str, FloatArray]:
        """Name to (T, N) float64, read-only."""
        return MappingProxyType(self._columns)

    @property
    def masks(self) -> Mapping[str, BoolArray]:
        """The masks that were given, name to (T, N) bool, read-only."""
        return MappingProxyType(self._masks)

    @property
    def time(self) -> IntArray:
        """(T,) bar ends, ns UTC."""
        return self._time

    @property
    def instruments(self) -> tuple[str, ...]:
        """Symbols, in column order."""
        return self._instruments

    @property
    def table(self) -> tuple[Instrument, ...]:
        """Instrument table, in column order."""
        return self._table

    @property
    def shape(self) -> tuple[int, int]:
        """(T, N)."""
        return len(self._time), len(self._table)

    @property
    def n_bars(self) -> int:
        """T."""
        return len(self._time)

    @property
    def n_instruments(self) -> int:
        """N."""
        return len(self._table)

    @property
    def periods_per_year(self) -> float | None:
        """For annualising; None where it was not given."""
        return self._periods_per_year

    @property
    def adjust(self) -> str:
        """``raw``, ``split``, ``total``, or empty for not known."""
        return self._adjust

    @property
    def name(self) -> str:
        """Name for reports."""
        return self._name

    @property
    def source(self) -> str:
        """File, sample or other origin."""
        return self._source

    @property
    def flags(self) -> tuple[str, ...]:
        """What a reader of any result must know."""
        return self._flags

    @property
    def id(self) -> str:
        """sha256 over everything that can be read in the panel; `name`, `source` and `flags` do not count."""
        if "id" not in self._cache:
            parts = (self._columns, self._masks, self._available, self._time, self._table)
            self._cache["id"] = panel_id(*parts)
        value: str = self._cache["id"]
        return value

    def __getitem__(self, column: str) -> FloatArray:
        try:
            return self._columns[column]
        except KeyError:
            raise DataError(f"no column {column!r}; this panel has: {', '.join(self._columns)}") from None

    def __contains__(self, column: object) -> bool:
        return column in self._columns

    def __repr__(self) -> str:
        label = self.name or self.source
        return f"Panel({label!r}: {self.n_bars} bars of {self.n_instruments}, {', '.join(self._columns)})"

    @property
    def tradable(self) -> BoolArray:
        """(T, N) bool: there is a close, and no mask forbids trading."""
        return derive.tradable(self)

    @property
    def can_buy(self) -> BoolArray:
        """(T, N) bool: `tradable`, and not locked at the upper price limit."""
        return derive.side(self, "can_buy")

    @property
    def can_sell(self) -> BoolArray:
        """(T, N) bool: `tradable`, and not locked at the lower price limit."""
        return derive.side(self, "can_sell")

    @property
    def member(self) -> BoolArray:
        """(T, N) bool: in the universe; all true where no mask was given."""
        return derive.member(self)

    def marks(self, column: str = "close") -> FloatArray:
        """(T, N) last known value of a column, NaN before the first; read-only, kept after the first call."""
        return derive.marks(self, column)

    def total_return(self) -> FloatArray:
        """(T, N) simple returns with splits and dividends: close / preclose, else those of adj_close.

        Raises
        ------
        DataError
            Neither column is there and the closes are not adjusted for both.
        """
        return derive.total_return(self)

    def adjusted(self, column: str = "adj_close") -> Panel:
        """Open, high, low and close scaled so that close becomes `column`, which is dropped.

        Levels adjusted backwards know of later splits and dividends: use their returns, not their size.
        """
        return derive.adjusted(self, column)

    def available_at(self, column: str) -> IntArray:
        """When values of a column or mask became known: (T,) or (T, N) int64, ns UTC."""
        self._known(column)
        return self._available.get(column, self._time)

    @property
    def late(self) -> Mapping[str, IntArray]:
        """Columns and masks that have their own `available_at`."""
        return MappingProxyType(self._available)

    def only(self, *symbols: str) -> Panel:
        """These instruments, in this order.

        Raises
        ------
        DataError
            None given, one twice, or one that is not in the panel.
        """
        missing = [symbol for symbol in symbols if symbol not in self._instruments]
        if missing or not symbols or len(set(symbols)) < len(symbols):
            known = ", ".join(self._instruments[:20])
            raise DataError(
                f"expected distinct instruments out of {known}, got {', '.join(symbols) or 'none'}"
            )
        at = [self._instruments.index(symbol) for symbol in symbols]
        return self._replace(
            columns={key: values[:, at] for key, values in self._columns.items()},
            masks={key: values[:, at] for key, values in self._masks.items()},
            available_at={key: v[:, at] if v.ndim == 2 else v for key, v in self._available.items()},
            instruments=[self._table[i] for i in at],
        )

    def between(self, start_ns: int | None = None, end_ns: int | None = None) -> Panel:
        """Bars that end within [start_ns, end_ns], both included.

        Raises
        ------
        DataError
            No bar does.
        """
        first = 0 if start_ns is None else int(np.searchsorted(self._time, start_ns, side="left"))
        stop = self.n_bars if end_ns is None else int(np.searchsorted(self._time, end_ns, side="right"))
        if first >= stop:
            raise DataError(
                f"no bar between {derive.day(start_ns)} and {derive.day(end_ns)}; {derive.span(self)}"
            )
        return self._rows(slice(first, stop))

    def head(self, n: int) -> Panel:
        """The first `n` bars.

        Raises
        ------
        DataError
            `n` is not in 1..T.
        """
        if not 1 <= n <= self.n_bars:
            raise DataError(f"expected 1 to {self.n_bars} bars, got {n}")
        return self._rows(slice(0, n))

    def with_columns(self, **columns: Any) -> Panel:
        """A twin in which these columns are replaced or added; all else, `available_at` too, stays."""
        return self._replace(columns={**self._columns, **columns})

    def with_settings(self, **settings: Any) -> Panel:
        """A twin with other `periods_per_year`, `adjust`, `name`, `source` or `flags`."""
        return self._replace(**settings)

    def frame(self) -> pl.DataFrame:
        """Long polars frame: time (ns UTC), symbol, columns, masks; a row for every bar and instrument."""
        bars, names = self.shape
        stamps = pl.Series("time", np.repeat(self._time, names)).cast(pl.Datetime("ns", "UTC"))
        data: dict[str, Any] = {"time": stamps, "symbol": list(self._instruments) * bars}
        for key, values in self._columns.items():
            data[key] = pl.Series(values.ravel()).fill_nan(None)
        data |= {key: values.ravel() for key, values in self._masks.items()}
        return pl.DataFrame(data)

    def reveal(self) -> Reveal:
        """Something that hands out a `View` bar by bar."""
        from quantrl.data.reveal import Reveal

        return Reveal(self)

    def as_of(self, t_ns: int, held: FloatArray | None = None) -> View:
        """What is knowable at `t_ns`; for many times in order use `reveal`."""
        view = self.reveal().at(t_ns)
        return view if held is None else view.with_held(held)

    def _known(self, key: str) -> None:
        names = (*self._columns, *self._masks)
        if key not in names:
            raise DataError(f"no column or mask {key!r}; this panel has: {', '.join(names)}")

    def _rows(self, rows: slice) -> Panel:
        return self._replace(
            columns={key: values[rows] for key, values in self._columns.items()},
            masks={key: values[rows] for key, values in self._masks.items()},
            available_at={key: values[rows] for key, values in self._available.items()},
            time=self._time[rows],
        )

    def _replace(self, **changes: Any) -> Panel:
        same = {
            "columns": self._columns,
            "time": self._time,
            "instruments": self._table,
            "available_at": self._available,
            "masks": self._masks,
            "flags": self._flags,
            "periods_per_year": self._periods_per_year,
            "adjust": self._adjust,
            "name": self._name,
            "source": self._source,
        }
        return Panel(**{**same, **changes})


def _from_frame(
    frame: pl.DataFrame,
    layout: LayoutName,
    close_time: str | None,
    time_zone: str | None,
    calendar: str | None,
    settings: dict[str, Any],
) -> Panel:
    from quantrl.data.sources import frame_grid, grid_panel

    grid = frame_grid(frame, layout=layout, close_time=close_time, time_zone=time_zone, calendar=calendar)
    return grid_panel(grid, settings)
