from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from quantrl.data.clock import BARE_DATES, CloseTime, Times, read_times
from quantrl.data.origin import Origin
from quantrl.errors import ConfigError, DataError
from quantrl.units import ns_from_iso


def times(*cells: object, close: str | None = None, zone: str | None = None) -> Times:
    origin = Origin("f.csv", "line", np.arange(2, len(cells) + 2))
    close_time = None if close is None else CloseTime.parse(close)
    return read_times(pl.Series("date", cells, strict=False), origin, close_time=close_time, time_zone=zone)


def test_close_time_follows_daylight_saving() -> None:
    got = times("2020-03-06", "2020-03-09", "2020-11-02", close="16:00 America/New_York")
    assert [
        ns_from_iso(t) for t in ("2020-03-06T21:00", "2020-03-09T20:00", "2020-11-02T21:00")
    ] == got.ns.tolist()
    assert got.flags == ()
    assert not got.naive


def test_bare_dates_end_with_the_day_and_say_so() -> None:
    got = times(dt.date(2020, 1, 2))
    assert got.ns[0] == ns_from_iso("2020-01-02T23:59:59")
    assert got.flags == (BARE_DATES,)


def test_midnights_without_a_zone_are_dates() -> None:
    assert times(dt.datetime(2020, 1, 2), close="16:00 Europe/Paris").ns[0] == ns_from_iso("2020-01-02T15:00")
    assert times("2020-01-02T00:00:00").flags == (BARE_DATES,)


@pytest.mark.parametrize(
    ("cell", "utc"),
    [
        ("2020-01-02T16:00:00-05:00", "2020-01-02T21:00"),
        ("2020-01-02 16:00+0530", "2020-01-02T10:30"),
        ("2020-01-02T16:00:00Z", "2020-01-02T16:00"),
        (dt.datetime(2020, 1, 2, 16, tzinfo=dt.UTC), "2020-01-02T16:00"),
        ("1577980800000000000", "2020-01-02T16:00"),
        (1577980800000000000, "2020-01-02T16:00"),
    ],
)
def test_zoned_times_and_nanoseconds(cell: object, utc: str) -> None:
    assert times(cell).ns.tolist() == [ns_from_iso(utc)]


def test_nanoseconds_of_text_are_kept() -> None:
    assert times("2020-01-02T16:00:00.123456789Z").ns[0] == ns_from_iso("2020-01-02T16:00") + 123_456_789


def test_naive_times_need_a_zone() -> None:
    assert times("2020-01-02T16:00:00").naive
    assert times("2020-01-02T16:00:00", zone="America/New_York").ns[0] == ns_from_iso("2020-01-02T21:00")


def test_wall_times_that_happen_twice_or_never() -> None:
    twice = times("2020-11-01", close="01:30 America/New_York")
    assert twice.ns[0] == ns_from_iso("2020-11-01T06:30")  # the later of the two
    with pytest.raises(DataError, match="line 2, column 'date': 2020-03-08 02:30:00 does not exist"):
        times("2020-03-08", close="02:30 America/New_York")


@pytest.mark.parametrize(
    "cells",
    [
        ("2020-01-02", "02.01.2020"),
        ("2020-01-02", "2020-13-01"),
        ("2020-01-02", "2020-01-02T10:00:00Z"),
        ("2020-01-02", None),
        ("2020-01-02", "9999-01-01"),
        ("2020-01-02T10:00:00Z", "1066-01-02T10:00:00Z"),
        ("2020-01-02T10:00:00Z", "2020-01-02T10:00:00+99:00"),
        ("1577980800000000000", "9999999999999999999"),
        (1577980800000000000, 20200302),
    ],
)
def test_the_first_unreadable_cell_is_named(cells: tuple[object, ...]) -> None:
    with pytest.raises(DataError, match=r"^f.csv: line 3, column 'date': expected a (date|time)"):
        times(*cells)


@pytest.mark.parametrize("text", ["16:00", "25:00 UTC", "4pm America/New_York", "16:00 America/Nowhere", ""])
def test_close_time_is_checked(text: str) -> None:
    with pytest.raises(ConfigError, match="close_time"):
        CloseTime.parse(text)
