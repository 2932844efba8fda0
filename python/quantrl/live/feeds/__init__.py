"""Where market data come from, in ticks: batches of rows, each with the position to go on from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from quantrl.errors import ConfigError
from quantrl.live.instruments import Instruments


class BarRow(NamedTuple):
    """One bar of every instrument, prices in ticks, 0 where there is none.

    `row` counts the feed's rows from 0; `time` is the bar's end and `available` when all of it was known, ns UTC.
    `close` marks positions; `price` is what an earlier decision is filled at, 0 where nothing can be traded.
    """

    row: int
    time: int
    available: int
    close: tuple[int, ...]
    price: tuple[int, ...]


class Batch(NamedTuple):
    """Rows that became known at one time, and the position after them."""

    rows: tuple[BarRow, ...]
    position: int


class Feed(Protocol):
    """A source of market rows."""

    @property
    def resumable(self) -> bool:
        """Whether `batches` of an earlier position gives the same rows again."""

    def instruments(self) -> Instruments:
        """The instrument table, in the order of a row's prices."""

    def batches(self, position: int = 0) -> Iterator[Batch]:
        """Batches from a position on, in the order they became known."""


def pace_of(speed: float | str) -> float:
    """Event time over wall time; infinite for ``max``.

    Raises
    ------
    ConfigError
        Not above 0.
    """
    value = math.inf if speed == "max" else float(speed)
    if not value > 0:
        raise ConfigError(f"speed: expected above 0 or max, got {speed!r}")
    return value
