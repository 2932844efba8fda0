"""How much was sent, cancelled, rejected and refused lately, in event time. Questions change nothing."""

from __future__ import annotations

from typing import Any

from quantrl.live.digests import Plain
from quantrl.live.limits import RiskLimits
from quantrl.live.vocabulary import SECOND


class Meters:
    """Counters behind gates 12, 13, 14 and 17.

    Parameters
    ----------
    limits : RiskLimits
    """

    def __init__(self, limits: RiskLimits) -> None:
        self.limits = limits
        self._level = limits.burst * SECOND
        self._filled_at = 0
        self._sent: list[tuple[int, int]] = []
        self._cancelled: dict[str, int] = {}
        self._rejects: dict[int, tuple[str, int]] = {}
        self._refused: dict[int, tuple[int, ...]] = {}

    def tokens(self, now: int) -> int:
        """Orders the bucket holds."""
        return self._bucket(now) // SECOND

    def sent(self, now: int) -> tuple[int, int]:
        """Orders sent within the window, and their notional in cash units."""
        recent = [notional for ts, notional in self._sent if ts > now - self.limits.window_ns]
        return len(recent), sum(recent)

    def cancels(self) -> tuple[int, int]:
        """How many of the last orders were cancelled, and how many those are."""
        return sum(self._cancelled.values()), len(self._cancelled)

    def rejects(self, inst: int) -> int:
        """How often in a row an instrument's orders were rejected for the same reason."""
        return self._rejects.get(inst, ("", 0))[1]

    def refusals(self, agent: int, now: int) -> int:
        """Refused decisions of an agent within the time."""
        return sum(ts > now - self.limits.refusals_ns for ts in self._refused.get(agent, ()))

    def ordered(self, client_id: str, notional: int, now: int) -> None:
        """An order was sent."""
        self._level = max(0, self._bucket(now) - SECOND)
        self._filled_at = max(now, self._filled_at)
        self._sent = [entry for entry in self._sent if entry[0] > now - self.limits.window_ns]
        self._sent.append((now, notional))
        self._cancelled[client_id] = 0
        if len(self._cancelled) > self.limits.cancel_orders:
            del self._cancelled[next(iter(self._cancelled))]

    def cancelled(self, client_id: str) -> None:
        """A cancel was sent; orders that are no longer counted do not matter."""
        if client_id in self._cancelled:
            self._cancelled[client_id] = 1

    def rejected(self, inst: int, reason: str) -> None:
        """A venue rejected an order."""
        known, count = self._rejects.get(inst, ("", 0))
        self._rejects[inst] = (reason, count + 1 if reason == known else 1)

    def accepted(self, inst: int) -> None:
        """A venue took an order, or the lock that rejects brought ended: the row of rejects is over."""
        self._rejects.pop(inst, None)

    def refused(self, agent: int, now: int) -> None:
        """A decision of an agent was refused."""
        recent = (ts for ts in self._refused.get(agent, ()) if ts > now - self.limits.refusals_ns)
        self._refused[agent] = (*recent, now)[-self.limits.refusals :]

    def pardon(self, agent: int) -> None:
        """An agent was turned on again: its refusals are forgotten."""
        self._refused.pop(agent, None)

    def _bucket(self, now: int) -> int:
        since = max(0, now - self._filled_at)
        return min(self.limits.burst * SECOND, self._level + since * self.limits.orders_per_s)

    def to_plain(self) -> Plain:
        """Everything but the limits."""
        return (
            self._level,
            self._filled_at,
            tuple(self._sent),
            tuple(self._cancelled.items()),
            tuple((inst, *entry) for inst, entry in sorted(self._rejects.items())),
            tuple(sorted(self._refused.items())),
        )

    @classmethod
    def from_plain(cls, limits: RiskLimits, plain: Any) -> Meters:
        """Meters from `to_plain`."""
        made = cls(limits)
        made._level, made._filled_at, sent, cancelled, rejects, refused = plain
        made._sent = [(ts, notional) for ts, notional in sent]
        made._cancelled = dict(cancelled)
        made._rejects = {inst: (reason, count) for inst, reason, count in rejects}
        made._refused = {agent: tuple(times) for agent, times in refused}
        return made
