"""What a session shows: an account, an event received."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class TickAccount:
    """An account in one instrument, by executions received.

    `position` and `volume` are lots; `cash`, `fee`, `turnover` currency; `equity` is cash and position at the mid of the
    local book after fees, None where a side is empty. `cash_units` counts tick-lots (inverse contracts: 1e-18 lots per
    tick) and `fee_nano` billionths of one, both exact.
    """

    position: int
    cash: float
    fee: float
    turnover: float
    volume: int
    trades: int
    equity: float | None
    cash_units: int
    fee_nano: int


class ReceivedEvent(NamedTuple):
    """An event as the strategy received it; `tick` absolute."""

    ts_exch: int
    kind: str
    flags: int
    instr: int
    slot: int
    tick: int
    qty: int
    aux: int
