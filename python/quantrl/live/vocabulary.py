"""Numbers that every part of the daemon means the same thing by."""

from __future__ import annotations

from enum import IntEnum

I64_MAX = 2**63 - 1
I64_MIN = -(2**63)
HOLD = I64_MIN
PPB = 1_000_000_000
PPM = 1_000_000
BP = 10_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND

CASH = 0
TREASURY, VENUE, FEES, FINANCING, EXTERNAL, SUSPENSE = range(6)
AGENT0 = 16

BUY, SELL, BOTH = 1, -1, 0


class TradingState(IntEnum):
    """What the whole book may do."""

    ACTIVE = 0
    NO_ENTRY = 1
    REDUCE_ONLY = 2
    CANCEL_ALL = 3
    FLATTEN = 4
    HALTED = 5


class OrderState(IntEnum):
    """Where an order is in its life."""

    INTENT = 0
    SENT = 1
    ACKED = 2
    PARTIAL = 3
    FILLED = 4
    CANCELED = 5
    REJECTED = 6
    EXPIRED = 7
    UNKNOWN = 8


class Scope(IntEnum):
    """What a lock holds."""

    ACCOUNT = 0
    AGENT = 1
    INSTRUMENT = 2
    AGENT_INSTRUMENT = 3


class Tif(IntEnum):
    """How long an order stays."""

    IOC = 0
    NEXT_BAR = 1
    GTC = 2


def owner_of(agent: int) -> int:
    """The owner number of an agent in postings."""
    return AGENT0 + agent


def asset_of(inst: int) -> int:
    """The asset number of an instrument in postings."""
    return 1 + inst
