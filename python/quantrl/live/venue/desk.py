"""One book's orders in the tick engine: moved by events alone, named by client id."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple, final

from quantrl import _core
from quantrl.backtest import actions
from quantrl.backtest._tick_shown import ReceivedEvent
from quantrl.backtest.ticks import TickSession
from quantrl.data.events import FLAGS
from quantrl.errors import LookAheadError
from quantrl.live.netting import mid
from quantrl.live.order_records import VenueReport
from quantrl.live.order_table import ReportKind
from quantrl.live.venue.stream_session import StreamSession
from quantrl.live.vocabulary import Tif

if TYPE_CHECKING:
    from quantrl.live.venue.ticks import TickVenue

SIM = 0
_TABLES = _core.tick_tables()
_OUTCOMES = {name: number for number, name in enumerate(_TABLES["outcome"])}
_REASONS = ("", *(name.upper() for name in _TABLES["reason"][1:]))
_BILLION = 10**9
_FILLED = _OUTCOMES["filled"]
_KINDS = {
    _OUTCOMES["accepted"]: ReportKind.ACCEPTED,
    _FILLED: ReportKind.FILL,
    _OUTCOMES["cancelled"]: ReportKind.CANCELED,
    _OUTCOMES["rejected"]: ReportKind.REJECTED,
}
_REMAINDER = "REMAINDER"
SCANNED = 4_000
"""Events looked back through for trades."""
_TRADES = ("EXEC", "PRINT", "TRADE", "CROSS")


class Heard(NamedTuple):
    """A report that has arrived, and the exchange time of what it reports, ns."""

    report: VenueReport
    at: int


class Trade(NamedTuple):
    """A trade of the market: exchange time, ns; 1 where a buyer took, -1 a seller, 0 unknown; ticks; lots."""

    at: int
    side: int
    px: int
    lots: int


@final
class Desk:
    """One book's orders in the tick engine, moved by events alone, so that the same events give the same fills.

    Attributes
    ----------
    heard : tuple of Heard
        Reports that arrived during the last `reach`.
    cancelling : dict of client id to None
        Orders asked to end whose end is not known yet.
    """

    def __init__(self, venue: TickVenue, session: TickSession | StreamSession) -> None:
        self._venue, self._session = venue, session
        self._refs: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._fills: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self.cancelling: dict[str, None] = {}
        self.heard: tuple[Heard, ...] = ()

    @property
    def now_ns(self) -> int:
        """The engine's clock."""
        return self._session.now_ns

    @property
    def ended(self) -> bool:
        """Whether no event and no message is left."""
        return self._session.ended

    @property
    def received(self) -> int:
        """Events received."""
        return self._session.n_received

    @property
    def is_waiting(self) -> bool:
        """Whether a report may still come."""
        return bool(self._refs)

    def best(self, inst: int) -> tuple[int, int]:
        """Best bid and ask as received, ticks; 0 where a side is empty."""
        bid, ask = self._session.best(inst)
        return bid or 0, ask or 0

    def depth(self, inst: int, levels: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Ticks and lots of the best bids and asks as received, the best first."""
        bids, asks = (
            [(tick, lots) for tick, lots in side if lots]
            for side in self._session.depth(levels, instr=inst).tolist()
        )
        return bids, asks

    def trades(self, inst: int, most: int) -> list[Trade]:
        """The newest trades of the market in an instrument as received, the newest first, of the last `SCANNED` events."""
        found: list[Trade] = []
        received = self._session.n_received
        with suppress(LookAheadError):
            for nth in range(received - 1, max(received - SCANNED, 0) - 1, -1):
                told = self._session.event(nth)
                if told.instr == inst and told.kind in _TRADES and told.qty > 0:
                    found.append(Trade(told.ts_exch, _aggressor(told), told.tick, told.qty))
                    if len(found) == most:
                        break
        return found

    def ahead(self, client_id: str, inst: int, side: int) -> int | None:
        """Whole lots ahead of an order in its queue, for people; None if it does not rest or nobody knows."""
        ref = self._refs.get(client_id)
        lots = None if ref is None else self._session._queue_ahead(ref, is_sell=side < 0, instr=inst)
        return None if lots is None or math.isinf(lots) else math.ceil(lots)

    def mids(self) -> tuple[int, ...]:
        """(N,) ticks, half a tick to the even one; 0 where a side is empty."""
        bests = map(self.best, range(len(self._venue.instruments)))
        return tuple(mid(bid, ask) if bid and ask else 0 for bid, ask in bests)

    def next_report(self, by: int) -> int:
        """When the next report arrives, at most `by`; nothing changes."""
        ahead = self._session.fork()
        if by > ahead.now_ns and not ahead.ended:
            ahead.step(report=by - ahead.now_ns)
        return min(by, ahead.now_ns) if ahead.now_ns > self._session.now_ns else by

    def reach(self, ts: int) -> None:
        """Go on to a time; `heard` is what arrived on the way."""
        self.heard = ()
        if self._session.ended or ts < self._session.now_ns:
            return
        self._session.step(until_ns=ts)
        if self._refs:
            self.heard = tuple(self._reports())

    def submit(self, client_id: str, inst: int, side: int, lots: int, px: int, tif: int) -> None:
        """Send a limit order now.

        Raises
        ------
        OrderError
            What no venue would be sent.
        """
        lifetime = "gtc" if tif == Tif.GTC else "ioc"
        action = actions.limit("buy" if side > 0 else "sell", px, lots, tif=lifetime, instr=inst)
        (ref,) = self._session.send(action)
        self._refs[client_id], self._names[ref] = ref, client_id
        self._fills[client_id] = self._done[client_id] = 0

    def cancel(self, client_id: str) -> None:
        """Ask for the end of an order, once; one that has ended is left alone."""
        if client_id in self._refs and client_id not in self.cancelling:
            self.cancelling[client_id] = None
            self._session.send(actions.cancel(self._refs[client_id]))

    def _reports(self) -> list[Heard]:
        columns = {name: column.tolist() for name, column in self._session.report_columns().items()}
        found = []
        for at, ref, inst, outcome, px, lots, leaves, reason, fee in zip(
            *(columns[name] for name in _REPORT), strict=True
        ):
            kind, client_id = _KINDS.get(outcome), self._names.get(ref)
            # A request that came too late changes nothing, and the end it was late for is told too.
            if kind is None or client_id is None:
                continue
            words = _REASONS[reason]
            if kind == ReportKind.CANCELED and words == _REMAINDER:
                kind = ReportKind.EXPIRED
            found.append(Heard(self._report(client_id, inst, kind, px, lots, words, fee), at))
            if kind not in (ReportKind.ACCEPTED, ReportKind.FILL) or (
                kind == ReportKind.FILL and leaves == 0
            ):
                self._over(client_id, ref)
        return found

    def _report(
        self, client_id: str, inst: int, kind: ReportKind, px: int, lots: int, words: str, fee_nano: int
    ) -> VenueReport:
        if kind != ReportKind.FILL:
            return VenueReport(SIM, client_id, kind, cum=self._done[client_id], reason=words)
        self._fills[client_id] += 1
        self._done[client_id] += lots
        # Billionths of a tick-lot become cash units, rounded up.
        fee = -(-fee_nano * self._venue.instruments.tv[inst] // _BILLION)
        name = f"{client_id}-{self._fills[client_id]}"
        return VenueReport(SIM, client_id, kind, name, lots, px, fee, self._done[client_id])

    def _over(self, client_id: str, ref: int) -> None:
        del self._refs[client_id], self._names[ref], self._fills[client_id], self._done[client_id]
        self.cancelling.pop(client_id, None)

    def to_plain(self) -> Any:
        """Everything: the engine's snapshot and the names of its orders."""
        return {
            "session": self._session.snapshot(),
            "refs": tuple(self._refs.items()),
            "fills": tuple(self._fills.items()),
            "done": tuple(self._done.items()),
            "cancelling": tuple(self.cancelling),
        }

    @staticmethod
    def of_plain(venue: TickVenue, plain: Any) -> Desk:
        """A desk from `to_plain`.

        Raises
        ------
        DataError
            A session of another file or other settings, or damaged.
        """
        made = Desk(venue, venue.restored(plain["session"]))
        made._refs = dict(plain["refs"])
        made._names = {ref: name for name, ref in made._refs.items()}
        made._fills, made._done = dict(plain["fills"]), dict(plain["done"])
        made.cancelling = dict.fromkeys(plain["cancelling"])
        return made


def _aggressor(told: ReceivedEvent) -> int:
    """Who took: the other side of the order that was executed; of a trade that names its side, that side."""
    if not told.flags & FLAGS["side_known"] or told.kind == "CROSS":
        return 0
    side = -1 if told.flags & FLAGS["sell"] else 1
    return -side if told.kind == "EXEC" else side


_REPORT = ("ts_exch", "ref", "instr", "outcome", "tick", "qty", "leaves", "reason", "fee_nano")
