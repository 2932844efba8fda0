"""The one order a leg of a worked pair may have, and what is on its way about it."""

from __future__ import annotations

from reference.own_queue import Resting

NEVER = 2**63 - 1
AHEAD = 2**63 - 1


class Line:
    """The one order of a leg: ``going`` to the exchange, ``resting`` there, or ``over``."""

    def __init__(self, lots: int, limit: int, arrive: int, wait: int, *, post: bool) -> None:
        self.lots, self.limit, self.arrive, self.wait, self.post = lots, limit, arrive, wait, post
        self.stage, self.cancel, self.cancel_wait = "going", NEVER, 0
        self.known_open, self.ahead = abs(lots), AHEAD
        self.rests: Resting | None = None
        self.news: list[tuple[int, int, int, int, int, bool]] = []

    @property
    def due(self) -> int:
        """When the exchange next hears of it."""
        return {"going": self.arrive, "resting": self.cancel, "over": NEVER}[self.stage]

    @property
    def heard(self) -> int:
        """When the trader next hears of it."""
        return self.news[0][0] if self.news else NEVER

    @property
    def quoted(self) -> bool:
        """At rest, and to stay."""
        return self.post and self.cancel == NEVER

    def tell(self, known: int, change: tuple[int, int, int, int], *, ended: bool) -> None:
        """Cash, lots, cost and traded value are on their way to the trader."""
        assert len(self.news) < 6
        self.news.append((max([known, *(row[0] for row in self.news)]), *change, ended))
        if ended:
            self.stage = "over"


def displayed(levels: list[tuple[int, int]], line: Line, worth: int) -> int:
    """Lots displayed at the price of an order; no bound where it lies behind the five levels."""
    for tick, lots in levels:
        worse = (tick * worth - line.limit) * (1 if line.lots > 0 else -1)
        if worse <= 0:
            return lots if worse == 0 else 0
    return AHEAD if len(levels) == 5 else 0
