"""Calendars of many kinds, drawn from a seed."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np

from quantrl.contest import Clock
from quantrl.data import Panel
from quantrl.typing import IntArray

SECOND = 10**9
ZONES = ("America/New_York", "Asia/Shanghai", "Europe/London", "UTC")


def ns(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * SECOND


def panel_of(time: IntArray, late_ns: int = 0) -> Panel:
    price = 100.0 + np.arange(len(time), dtype=np.float64)[:, None] * [1.0, 2.0]
    arrival = {"open": late_ns} if late_ns else None
    return Panel({"open": price, "close": price + 0.5}, time, ["A", "B"], available_at=arrival)


def sessions(rng: np.random.Generator, n: int, zone: str, open_hour: int) -> IntArray:
    """Ends of n sessions from weekdays of which some are holidays; one day in ten closes early."""
    ends: list[int] = []
    day = dt.date(2019, 1, 1) + dt.timedelta(days=int(rng.integers(0, 2_000)))
    while len(ends) < n:
        day += dt.timedelta(days=int(1 + (rng.random() < 0.05) * rng.integers(1, 9)))
        if day.weekday() >= 5:
            continue
        length = 3.5 if rng.random() < 0.1 else 6.5
        start = dt.datetime.combine(day, dt.time(open_hour, 30), ZoneInfo(zone))
        ends.append(ns(start) + int(length * 3_600) * SECOND)
    return np.array(ends)


def random_clock(seed: int) -> tuple[str, Panel, Clock]:
    """Kind of calendar, panel and clock."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(12, 60))
    kind = ("sessions", "late", "closes", "around the clock", "closes around the clock")[seed % 5]
    if "clock" in kind:
        step = int(rng.choice([3_600, 4 * 3_600, 86_400])) * SECOND
        time = 10**18 + step * np.arange(1, n + 1)
        panel = panel_of(time)
        fill = "next_close" if "closes" in kind else "next_open"
        return kind, panel, Clock.of_panel(panel, fill, open_time="continuous")
    zone, hour = str(rng.choice(ZONES)), int(rng.integers(7, 11))
    late = int(rng.integers(1, 5 * 86_400)) * SECOND if kind == "late" else 0
    panel = panel_of(sessions(rng, n, zone, hour), late)
    if kind == "closes":
        return kind, panel, Clock.of_panel(panel, "next_close")
    lead = float(rng.integers(60, 7_200))
    return kind, panel, Clock.of_panel(panel, open_time=f"{hour:02d}:30 {zone}", lead_s=lead)
