"""Dates and times of files, as int64 nanoseconds UTC. Time zones come from the database inside polars.

Accepted are ISO dates, ISO times with a zone, and integers that already are nanoseconds. A date alone does
not say when its bar ended: `CloseTime` does, with daylight saving time; without one a bar is taken to end at
23:59:59 UTC and the panel carries `BARE_DATES` as a flag.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

import polars as pl

from quantrl.data.calendars import Calendar
from quantrl.data.origin import Origin, one_line, shown
from quantrl.errors import ConfigError, DataError
from quantrl.typing import IntArray

BARE_DATES = "dates without a close time: bars are taken to end at 23:59:59 UTC"
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_NAIVE = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?$"
_ZONED = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$"
_NANOS = r"^\d{18,19}$"
# Fewer nanoseconds than this are years before 1973, or rather seconds, milliseconds or a date like 20200302.
_SMALLEST_NS = 10**17
_NS_PER_MINUTE = 60_000_000_000
_EXPECTED = "expected a date such as 2020-03-02, a time such as 2020-03-02T16:00:00-05:00, or nanoseconds"
_FIRST, _LAST = dt.date(1678, 1, 1), dt.date(2261, 12, 31)


@dataclass(frozen=True)
class CloseTime:
    """Wall time at which a day's bar ends.

    Parameters
    ----------
    clock : datetime.time
    zone : str
        IANA name, such as ``America/New_York``.
    """

    clock: dt.time
    zone: str

    @staticmethod
    def parse(text: str) -> CloseTime:
        """From ``16:00 America/New_York``.

        Raises
        ------
        ConfigError
            Another form, no such time of day, or an unknown zone.
        """
        match = re.fullmatch(r"(\d{2}):(\d{2})(?::(\d{2}))? ([A-Za-z0-9_+\-/]+)", text)
        try:
            if match is None:
                raise ValueError("no match")
            hour, minute, second = (int(part or 0) for part in match.groups()[:3])
            close = CloseTime(dt.time(hour, minute, second), match.group(4))
        except ValueError:
            raise ConfigError(
                f"close_time: expected such as '16:00 America/New_York', got {text!r}"
            ) from None
        check_zone(close.zone, "close_time")
        return close


@dataclass(frozen=True)
class Times:
    """Times of the records of a file.

    Parameters
    ----------
    ns : (n_records,) int64
        Nanoseconds UTC.
    flags : tuple of str
        What had to be assumed.
    naive : bool
        True where times had no zone and none was given; they were read as UTC and are an error (Q08).
    """

    ns: IntArray
    flags: tuple[str, ...] = ()
    naive: bool = False


def check_zone(zone: str, field: str) -> None:
    """Refuse a time zone that polars does not know.

    Raises
    ------
    ConfigError
        Unknown zone.
    """
    try:
        pl.Series([dt.datetime(2020, 1, 1)]).dt.replace_time_zone(zone)
    except (Exception, pl.exceptions.PanicException):
        raise ConfigError(
            f"{field}: unknown time zone {zone!r}; use an IANA name such as America/New_York"
        ) from None


def read_times(
    column: pl.Series,
    origin: Origin,
    *,
    close_time: CloseTime | None = None,
    time_zone: str | None = None,
    calendar: str | None = None,
) -> Times:
    """Convert the time column of a file.

    Parameters
    ----------
    column : polars.Series
        Text, Date, Datetime or integer nanoseconds; no empty cell.
    origin : Origin
        For error messages.
    close_time : CloseTime, optional
        When the bar of a bare date ends. Times without a zone that are all midnight are bare dates.
    time_zone : str, optional
        Zone of times that name none.
    calendar : str, optional
        Exchange whose sessions the bars are of: the bar of a bare date ends when its session closes, early on half days.

    Raises
    ------
    DataError
        An empty or unreadable cell, a time outside 1678 to 2261, or a date that is no session.
    ConfigError
        No such calendar.
    """
    missing = column.is_null()
    if missing.any():
        raise origin.error(_first(missing), column.name, f"{_EXPECTED}, got an empty cell")
    if column.dtype == pl.String:
        column = _parse_text(column, origin)
    if column.dtype.is_integer():
        column = column.cast(pl.Int64)
        small = column < _SMALLEST_NS
        if small.any():
            record = _first(small)
            raise origin.error(record, column.name, f"{_EXPECTED}, got {column[record]}")
        return Times(column.to_numpy())
    if column.dtype != pl.Date and not isinstance(column.dtype, pl.Datetime):
        raise DataError(
            f"{origin.file}: column {shown(column.name)}: {_EXPECTED}, got {one_line(column.dtype)}"
        )
    _check_range(column, origin)
    if isinstance(column.dtype, pl.Datetime):
        if column.dtype.time_zone is not None:
            return Times(_epoch_ns(column))
        midnight = column.dt.time() == dt.time()
        if not midnight.all():
            return _naive_times(column, origin, time_zone)
        column = column.dt.date()
    if calendar is not None:
        return Times(_closes(column, calendar, origin))
    if close_time is None:
        return Times(_epoch_ns(column.dt.combine(dt.time(23, 59, 59))), (BARE_DATES,))
    return Times(_epoch_ns(_localised(column.dt.combine(close_time.clock), close_time.zone, origin)))


def _closes(dates: pl.Series, name: str, origin: Origin) -> IntArray:
    """When the session of each date closes."""
    first, last = dates.min(), dates.max()
    sessions = Calendar.of(name, str(first), str(last))
    table = pl.DataFrame({"date": sessions.labels, "close": sessions.close})
    found = dates.dt.to_string("%Y-%m-%d").to_frame("date").join(table, "date", "left", maintain_order="left")
    closed = found["close"].is_null()
    if closed.any():
        record = _first(closed)
        raise origin.error(record, dates.name, f"{dates[record]} is no session of {name}")
    values: IntArray = found["close"].to_numpy()
    return values


def _parse_text(column: pl.Series, origin: Origin) -> pl.Series:
    """Every cell in the form of the first one, or an error that names the first that is not."""
    text = column.str.strip_chars()
    head = str(text[0])
    if re.match(_NANOS, head):
        parsed = _where(text.str.contains(_NANOS), text.cast(pl.Int64, strict=False))
    elif re.match(_DATE, head):
        parsed = _where(text.str.contains(_DATE), text.str.to_date("%Y-%m-%d", strict=False))
    elif re.match(_ZONED, head):
        parsed = _parse_zoned(text)
    elif re.match(_NAIVE, head):
        parsed = _where(text.str.contains(_NAIVE), _parse_naive(text))
    else:
        raise origin.error(0, column.name, f"{_EXPECTED}, got {shown(column[0])}")
    bad = parsed.is_null()
    if bad.any():
        raise origin.error(_first(bad), column.name, f"{_EXPECTED}, got {shown(column[_first(bad)])}")
    return parsed


def _parse_zoned(text: pl.Series) -> pl.Series:
    offset = text.str.extract(r"(Z|[+-]\d{2}:?\d{2})$").str.replace("Z", "+00:00", literal=True)
    digits = offset.str.replace(":", "", literal=True)
    minutes = digits.str.slice(1, 2).cast(pl.Int64) * 60 + digits.str.slice(3, 2).cast(pl.Int64)
    west = digits.str.starts_with("-")
    signed = _where(minutes <= 18 * 60, minutes.zip_with(~west, -minutes))
    wall = _where(text.str.contains(_ZONED), _parse_naive(text.str.replace(r"(Z|[+-]\d{2}:?\d{2})$", "")))
    return (wall.dt.epoch("ns") - signed * _NS_PER_MINUTE).cast(pl.Datetime("ns", "UTC"))


def _parse_naive(text: pl.Series) -> pl.Series:
    year = text.str.slice(0, 4).cast(pl.Int32, strict=False)
    seconds = text.str.slice(10).str.count_matches(":") == 2
    full = text.zip_with(seconds, text + ":00").str.replace("T", " ", literal=True)
    full = _where(year.is_between(_FIRST.year, _LAST.year), full)  # nanoseconds would overflow
    return full.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="ns", strict=False)


def _naive_times(column: pl.Series, origin: Origin, time_zone: str | None) -> Times:
    if time_zone is None:
        return Times(_epoch_ns(column), naive=True)
    return Times(_epoch_ns(_localised(column, time_zone, origin)))


def _localised(column: pl.Series, zone: str, origin: Origin) -> pl.Series:
    """Wall times in `zone`; one that happens twice is its second happening, the later and so the safe one."""
    local = column.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    skipped = local.is_null()
    if skipped.any():
        record = _first(skipped)
        raise origin.error(record, column.name, f"{column[record]} does not exist in {zone}")
    return local


def _check_range(column: pl.Series, origin: Origin) -> None:
    year = column.dt.year()
    outside = ~year.is_between(_FIRST.year, _LAST.year).fill_null(False)  # null: not even a year
    if outside.any():
        record = _first(outside)
        raise origin.error(
            record, column.name, f"expected a time from {_FIRST} to {_LAST}, got {year[record]}"
        )


def _epoch_ns(column: pl.Series) -> IntArray:
    values: IntArray = column.dt.epoch("ns").to_numpy()
    return values


def _where(keep: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(keep).then(values)).to_series()


def _first(mask: pl.Series) -> int:
    index = mask.arg_max()
    return 0 if index is None else index
