"""When the days of a panel open: a bar is stamped with its end alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantrl.data.clock import CloseTime
from quantrl.errors import ConfigError
from quantrl.typing import IntArray
from quantrl.units import NS_PER_DAY, iso_time

if TYPE_CHECKING:
    from quantrl.data import Panel

CONTINUOUS = "continuous"
SAMPLE_OPENS = {
    "sample us5": "09:30 America/New_York",
    "sample synthetic": "09:30 Asia/Shanghai",
    "synthetic": "09:30 Asia/Shanghai",
    "planted": "09:30 UTC",
}
"""Open times of the samples, by the beginning of `Panel.source`."""


def open_times(panel: Panel, fill: str, open_time: str | None = None) -> tuple[IntArray, bool]:
    """o(t) of every bar, and whether the calendar is continuous.

    Parameters
    ----------
    panel : Panel
    fill : {'next_open', 'next_close'}
        With ``next_close``, o(t) is the end of bar t.
    open_time : str, optional
        As for `Clock.of_panel`.

    Returns
    -------
    opens : (T,) int64
    continuous : bool
        For ``next_close`` without `open_time`: no two bars are more than a day apart and there are more than 7.

    Raises
    ------
    ConfigError
        No open time, one that cannot be read, or a bar that does not end after its open.
    """
    end = panel.time
    if fill == "next_close":
        steps = np.diff(end)
        daily = len(end) > 7 and int(steps.max()) <= NS_PER_DAY
        return end, (daily if open_time is None else open_time == CONTINUOUS)
    chosen = open_time or next(
        (at for source, at in SAMPLE_OPENS.items() if panel.source.startswith(source)), None
    )
    if chosen is None:
        raise ConfigError(
            f"open_time: expected such as '09:30 America/New_York', or '{CONTINUOUS}': bars of {panel.name!r} say when "
            "they end, not when they open"
        )
    if chosen == CONTINUOUS:
        first = end[0] - (end[1] - end[0] if len(end) > 1 else NS_PER_DAY)
        return np.concatenate([[first], end[:-1]]) + 1, True  # the end itself belongs to the bar before
    opens = _on_the_day(end, chosen)
    late = np.flatnonzero(opens >= end)
    if late.size:
        row = int(late[0])
        raise ConfigError(
            f"open_time: bar {row} ends at {iso_time(int(end[row]))}, not after its open at "
            f"{iso_time(int(opens[row]))}; expected an open before the close, got {chosen!r}"
        )
    return opens, False


def _on_the_day(end: IntArray, text: str) -> IntArray:
    """This wall time on the local day on which each bar ends."""
    try:
        wall = CloseTime.parse(text)
    except ConfigError:
        raise ConfigError(
            f"open_time: expected such as '09:30 America/New_York' or '{CONTINUOUS}', got {text!r}"
        ) from None
    local = pl.Series(end).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(wall.zone).dt.date()
    there = local.dt.combine(wall.clock).dt.replace_time_zone(
        wall.zone, ambiguous="latest", non_existent="null"
    )
    if there.is_null().any():
        raise ConfigError(f"open_time: {text!r} does not exist on {local[there.is_null().arg_max() or 0]}")
    opens: IntArray = there.dt.epoch("ns").to_numpy()
    return opens
