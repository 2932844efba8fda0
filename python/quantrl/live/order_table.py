"""The life of an order as data: what each state becomes at each thing heard about it."""

from __future__ import annotations

from enum import IntEnum

from quantrl.live.vocabulary import OrderState

NO_CUM = -1


class ReportKind(IntEnum):
    """What a venue, or the way to it, says about an order."""

    SENT = 0
    ACCEPTED = 1
    FILL = 2
    CANCELED = 3
    REJECTED = 4
    EXPIRED = 5
    UNCLEAR = 6
    """Timeout, 5xx, disconnect, or an answer nobody can read."""
    NOT_SENT = 7
    """It never reached the venue and will not be sent."""


class Heard(IntEnum):
    """Columns of the table: a report, with fills told apart by whether they complete the order."""

    SENT = 0
    ACCEPTED = 1
    PART = 2
    WHOLE = 3
    CANCELED = 4
    REJECTED = 5
    EXPIRED = 6
    UNCLEAR = 7
    NOT_SENT = 8


TERMINAL = frozenset({OrderState.FILLED, OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED})

#             SENT     ACCEPTED  PART      WHOLE   CANCELED  REJECTED  EXPIRED  UNCLEAR   NOT_SENT
_ROWS = """
INTENT        SENT     ACKED     PARTIAL   FILLED  CANCELED  REJECTED  EXPIRED  UNKNOWN   CANCELED
SENT          SENT     ACKED     PARTIAL   FILLED  CANCELED  REJECTED  EXPIRED  UNKNOWN   SENT
ACKED         ACKED    ACKED     PARTIAL   FILLED  CANCELED  REJECTED  EXPIRED  UNKNOWN   ACKED
PARTIAL       PARTIAL  PARTIAL   PARTIAL   FILLED  CANCELED  CANCELED  EXPIRED  UNKNOWN   PARTIAL
UNKNOWN       UNKNOWN  ACKED     PARTIAL   FILLED  CANCELED  REJECTED  EXPIRED  UNKNOWN   CANCELED
FILLED        FILLED   FILLED    FILLED    FILLED  FILLED    FILLED    FILLED   FILLED    FILLED
CANCELED      CANCELED CANCELED  CANCELED  FILLED  CANCELED  CANCELED  CANCELED CANCELED  CANCELED
REJECTED      REJECTED REJECTED  REJECTED  FILLED  REJECTED  REJECTED  REJECTED REJECTED  REJECTED
EXPIRED       EXPIRED  EXPIRED   EXPIRED   FILLED  EXPIRED   EXPIRED   EXPIRED  EXPIRED   EXPIRED
"""
TABLE: dict[tuple[OrderState, Heard], OrderState] = {
    (OrderState[state], heard): OrderState[name]
    for state, *names in (row.split() for row in _ROWS.strip().splitlines())
    for heard, name in zip(Heard, names, strict=True)
}


def next_state(state: int, heard: Heard, cum: int) -> OrderState:
    """The state after `heard`, with `cum` lots filled by then.

    An order that was UNKNOWN with fills and turns out to rest is PARTIAL; with fills it can no longer be REJECTED.
    """
    after = TABLE[OrderState(state), heard]
    if cum > 0 and after != state:
        return {OrderState.ACKED: OrderState.PARTIAL, OrderState.REJECTED: OrderState.CANCELED}.get(
            after, after
        )
    return after


def is_open(state: int) -> bool:
    """Whether an order may still trade: everything that no definitive answer ended."""
    return state not in TERMINAL
