"""An order, what a venue says about one, and what that means."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from quantrl.errors import InvariantError
from quantrl.live.digests import Plain
from quantrl.live.order_table import NO_CUM
from quantrl.live.postings import Share
from quantrl.live.vocabulary import OrderState


class VenueReport(NamedTuple):
    """One report; `cum` counts the lots of the order filled with this one, NO_CUM where a venue does not say.

    `inst` and `side` matter only for a fill of an order that is not ours.
    """

    venue: int
    client_id: str
    kind: int
    venue_fill_id: str = ""
    qty: int = 0
    px: int = 0
    fee: int = 0
    cum: int = NO_CUM
    reason: str = ""
    inst: int = -1
    side: int = 0


class Filled(NamedTuple):
    """Lots that traded; `shares` are by owner and sum to `qty` and `fee`."""

    venue: int
    venue_fill_id: str
    client_id: str
    inst: int
    side: int
    qty: int
    px: int
    fee: int
    shares: tuple[Share, ...]


class Moved(NamedTuple):
    """An order's new state."""

    client_id: str
    state: int
    cum: int
    reason: str


class Alarm(NamedTuple):
    """Something a person should look at."""

    code: str
    text: str


class Quarantine(NamedTuple):
    """An instrument whose books may be wrong: nothing more is sent in it."""

    inst: int
    reason: str


Effect: TypeAlias = Filled | Moved | Alarm | Quarantine


@dataclass(slots=True)
class Order:
    """One order: as it was decided, and how far it is.

    `left` is what each of `shares` still waits for, kept after the end for late fills; `early` are reports that came
    before the fills they follow; `reserve_px` is the worst price (limit, or the edge of the price band) and `fee_bound` the
    most a buy can be charged, 0 for a sale.
    """

    client_id: str
    inst: int
    side: int
    qty: int
    px: int
    tif: int
    epoch: int
    leg: int
    decided: int
    shares: tuple[tuple[int, int], ...]
    reserve_px: int = 0
    fee_bound: int = 0
    cum: int = 0
    over: int = 0
    since: int = 0
    state: int = OrderState.INTENT
    left: list[int] = field(default_factory=list)
    early: list[VenueReport] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.left:
            self.left = [lots for _, lots in self.shares]
        agents = [agent for agent, _ in self.shares]
        lots = [lots for _, lots in self.shares]
        if agents != sorted(set(agents)) or min(lots, default=0) < 1:
            raise InvariantError(
                f"order {self.client_id}: expected agents in order with lots >= 1, got {self.shares}"
            )
        if self.side not in (1, -1) or sum(lots) != self.qty:
            raise InvariantError(
                f"order {self.client_id}: expected side 1 or -1 and shares of {self.qty} lots, got side {self.side} and "
                f"{self.shares}"
            )

    def to_plain(self) -> Plain:
        """Every field, as nested tuples."""
        fixed = tuple(getattr(self, name) for name in Order.__slots__[:-3])
        early = tuple(tuple(report._replace(kind=int(report.kind))) for report in self.early)
        return (*fixed, int(self.state), tuple(self.left), early)

    @classmethod
    def from_plain(cls, plain: Any) -> Order:
        """An order from `to_plain`."""
        *fixed, state, left, early = plain
        order = cls(*fixed)
        order.state, order.left = OrderState(state), list(left)
        order.early = [VenueReport(*report) for report in early]
        return order
