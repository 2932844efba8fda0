"""One order followed through reports, on the side: what would happen, in the order of its own fills."""

from __future__ import annotations

from quantrl.live.apportion import apportion_signed
from quantrl.live.netting import share_fill
from quantrl.live.order_records import Alarm, Effect, Filled, Moved, Order, Quarantine, VenueReport
from quantrl.live.order_table import NO_CUM, Heard, ReportKind, is_open, next_state
from quantrl.live.postings import Share
from quantrl.live.vocabulary import SUSPENSE, owner_of

_HEARD = {
    ReportKind.SENT: Heard.SENT,
    ReportKind.ACCEPTED: Heard.ACCEPTED,
    ReportKind.CANCELED: Heard.CANCELED,
    ReportKind.REJECTED: Heard.REJECTED,
    ReportKind.EXPIRED: Heard.EXPIRED,
    ReportKind.UNCLEAR: Heard.UNCLEAR,
    ReportKind.NOT_SENT: Heard.NOT_SENT,
}
_ENDS = (ReportKind.CANCELED, ReportKind.REJECTED, ReportKind.EXPIRED)


class Walk:
    """A copy of what reports can change in an order; the order stays as it is.

    Shares depend on which fill comes first, so fills are taken in the order of the venue's own count, whatever the order
    they arrive in.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._state = order.state
        self._cum = order.cum
        self._over = order.over
        self._left = list(order.left)
        self._effects: list[Effect] = []

    def is_early(self, report: VenueReport) -> bool:
        """Whether fills are missing before this report."""
        if report.cum == NO_CUM:
            return False
        done = self._cum + self._over
        if report.kind == ReportKind.FILL:
            return report.cum - report.qty > done
        return report.kind in _ENDS and report.cum > done

    def through(self, reports: list[VenueReport]) -> tuple[Effect, ...]:
        """Take every report whose turn comes; the others stay early."""
        pending = list(reports)
        while (ready := next((r for r in pending if not self.is_early(r)), None)) is not None:
            pending.remove(ready)
            self._take(ready)
        return tuple(self._effects)

    def _take(self, report: VenueReport) -> None:
        done = self._cum + self._over
        if report.kind == ReportKind.FILL:
            if report.cum not in (NO_CUM, done + report.qty):
                self._contradiction(report, done)
            else:
                self._fill(report)
        elif report.kind != ReportKind.ACCEPTED or report.cum <= done:
            self._move(_HEARD[ReportKind(report.kind)], report.reason)

    def _move(self, heard: Heard, reason: str) -> None:
        state = next_state(self._state, heard, self._cum)
        if state != self._state or heard in (Heard.PART, Heard.WHOLE):
            self._state = state
            self._effects.append(Moved(self._order.client_id, state, self._cum, reason))

    def _contradiction(self, report: VenueReport, done: int) -> None:
        text = f"order {report.client_id}: fill {report.venue_fill_id}: expected cum {done + report.qty}, got {report.cum}"
        self._effects += (Alarm("cum_mismatch", text), Quarantine(self._order.inst, "cum_mismatch"))
        self._move(Heard.UNCLEAR, "cum_mismatch")

    def _fill(self, report: VenueReport) -> None:
        order, was_open = self._order, is_open(self._state)
        inside = min(report.qty, order.qty - self._cum)
        over = report.qty - inside
        fees = apportion_signed(report.fee, (inside, over))
        owed = [
            (owner_of(agent), left) for (agent, _), left in zip(order.shares, self._left, strict=True) if left
        ]
        shares = share_fill(inside, fees[0], owed)
        if over:
            shares = (*shares, Share(SUSPENSE, over, fees[1]))
        got = {owner: lots for owner, lots, _ in shares}
        self._left = [
            left - got.get(owner_of(agent), 0)
            for (agent, _), left in zip(order.shares, self._left, strict=True)
        ]
        self._cum += inside
        self._over += over
        self._effects.append(
            Filled(
                report.venue,
                report.venue_fill_id,
                order.client_id,
                order.inst,
                order.side,
                report.qty,
                report.px,
                report.fee,
                shares,
            )
        )
        self._move(Heard.WHOLE if self._cum == order.qty else Heard.PART, report.reason)
        if over:
            text = f"order {order.client_id}: fill {report.venue_fill_id} is {over} lots beyond its quantity {order.qty}"
            self._effects += (Alarm("overfill", text), Quarantine(order.inst, "overfill"))
        elif not was_open:
            self._effects.append(
                Alarm("late_fill", f"order {order.client_id}: fill {report.venue_fill_id} after its end")
            )
