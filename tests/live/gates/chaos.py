"""A venue with books of its own and a bad way to it: what it says is lost, repeated, late, out of order or wrong.

It takes an id twice without a word, so that whoever sends one again is found out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from live.venue_scripts import Listener, some_order
from quantrl.live.order_records import Effect, Moved, Order, Quarantine, VenueReport
from quantrl.live.order_table import NO_CUM, ReportKind, is_open
from quantrl.live.resolution import Act, Answers, Doubt, Found, Patience, resolve
from quantrl.live.vocabulary import SECOND, OrderState

STEPS, ORDERS = 60, 8
LAG_NS = 2 * SECOND
"""Until an order that was sent is there for questions."""


@dataclass
class Resting:
    """One order as the venue knows it."""

    order: Order
    since: int
    fills: list[VenueReport] = field(default_factory=list)
    end: VenueReport | None = None

    @property
    def cum(self) -> int:
        return sum(fill.qty for fill in self.fills)


class Peer:
    """The venue."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self.orders: dict[str, Resting] = {}
        self.taken_twice = 0
        self.says_cum = rng.random() < 0.7
        self.by_id = rng.random() < 0.7

    def submit(self, order: Order, now: int) -> ReportKind | None:
        """What comes back: an answer, or nothing that says what happened."""
        way = self._rng.random()
        if way < 0.12:  # 429, or cut before it got there
            return ReportKind.UNCLEAR
        if order.client_id in self.orders:
            self.taken_twice += 1
        if way < 0.2:
            return ReportKind.REJECTED
        # A request on its way when the line is cut is taken a little later.
        late = self._rng.randrange(LAG_NS) if way < 0.4 else 0
        self.orders[order.client_id] = Resting(order, now + late)
        return ReportKind.UNCLEAR if way < 0.4 else ReportKind.ACCEPTED

    def trade(self, now: int) -> list[VenueReport]:
        """What happened at the venue in one step."""
        said = []
        for name, one in self.orders.items():
            if one.end is not None or now < one.since or self._rng.random() < 0.6:
                continue
            left = one.order.qty - one.cum
            if left and self._rng.random() < 0.8:
                qty, number = self._rng.randint(1, left), len(one.fills) + 1
                px, fee = self._rng.randint(900, 1_100), self._rng.randint(-3, 50)
                cum = one.cum + qty if self.says_cum else NO_CUM
                fill = VenueReport(0, name, ReportKind.FILL, f"{name}-{number}", qty, px, fee, cum)
                one.fills.append(fill)
                said.append(fill)
            elif left and self._rng.random() < 0.3:
                kind = self._rng.choice((ReportKind.CANCELED, ReportKind.EXPIRED))
                one.end = VenueReport(0, name, kind, cum=one.cum if self.says_cum else NO_CUM)
                said.append(one.end)
        return said

    def asked(self, name: str, now: int, *, silent: float) -> Answers:
        """One round of questions about an order."""

        def found(there: bool) -> Found:
            return Found.SILENT if self._rng.random() < silent else Found.YES if there else Found.NO

        one = self.orders.get(name)
        known = one is not None and now >= one.since
        is_resting = one is not None and known and one.end is None and one.cum < one.order.qty
        by_id = found(known) if self.by_id else Found.SILENT
        return Answers(
            now, by_id, found(is_resting), found(one is not None and known and bool(one.fills or one.end))
        )

    def tells(self, name: str) -> list[VenueReport]:
        """Everything about an order, in order."""
        one = self.orders.get(name)
        if one is None:
            return []
        accepted = VenueReport(0, name, ReportKind.ACCEPTED, cum=0)
        return [accepted, *one.fills, *([one.end] if one.end is not None else [])]


class Chaos(Listener):
    """A book at that venue, on that line, for a minute.

    Parameters
    ----------
    seed : str
    cheat : str
        ``blind`` sends again at once what it got no answer to, ``trusting`` never asks what it may have missed.
    """

    def __init__(self, seed: str, cheat: str = "") -> None:
        super().__init__([])
        self.rng, self.cheat, self.now = Random(seed), cheat, 0
        self.peer, self.quarantined = Peer(self.rng), set[int]()
        self.patience = Patience(visibility_ns=LAG_NS, by_id=self.peer.by_id)
        self._asked: dict[str, tuple[int, Answers | None]] = {}
        self._line: list[tuple[int, VenueReport]] = []
        self._mine: list[Order] = []

    def apply(self, effect: Effect) -> None:
        if isinstance(effect, Moved):
            self.orders.moved(effect, self.now)
            return
        if isinstance(effect, Quarantine):
            self.quarantined.add(effect.inst)
        super().apply(effect)

    def run(self) -> None:
        """The minute, and a clean line at its end."""
        for step in range(STEPS):
            self.now = step * SECOND
            if len(self._mine) < ORDERS and self.rng.random() < 0.4:
                self._new(f"q{len(self._mine)}")
            for report in self.peer.trade(self.now):
                self._speak(report)
            self._deliver()
            self._resolve(silent=0.3)
        self._reconcile()

    def _new(self, name: str) -> None:
        order = some_order(self.rng, name)
        order.decided = self.now
        self._mine.append(order)
        self.orders.add(order)
        self._send(order)

    def _send(self, order: Order) -> None:
        self.hear(VenueReport(0, order.client_id, ReportKind.SENT))
        answer = self.peer.submit(order, self.now)
        order.since = self.now
        if answer == ReportKind.UNCLEAR and self.cheat == "blind":
            answer = self.peer.submit(order, self.now)
        self.hear(VenueReport(0, order.client_id, answer, cum=NO_CUM))

    def _speak(self, report: VenueReport) -> None:
        """A report on the line: lost, twice, late, or with another quantity."""
        way = self.rng.random()
        if way < 0.1:
            return
        if way < 0.14 and report.kind == ReportKind.FILL:
            report = report._replace(qty=report.qty + self.rng.choice((-1, 1, 3)))
        for _ in range(2 if self.rng.random() < 0.15 else 1):
            late = self.rng.randrange(4 * SECOND) if self.rng.random() < 0.3 else 0
            self._line.append((self.now + late, report))

    def _deliver(self) -> None:
        due = [report for at, report in self._line if at <= self.now]
        self._line = [(at, report) for at, report in self._line if at > self.now]
        self.rng.shuffle(due)
        for report in due:
            self.hear(report)

    def _resolve(self, *, silent: float) -> None:
        """Orders whose fate is unknown: asked about until something definite is known, or quarantined."""
        for order in list(self.orders.open_orders()):
            if order.state != OrderState.UNKNOWN or order.inst in self.quarantined:
                continue
            attempts, answers = self._asked.get(order.client_id, (0, None))
            doubt = Doubt(order.decided, order.since, order.cum, attempts)
            action = resolve(doubt, answers, self.now, self.patience)
            if action.at > self.now:
                continue
            self._asked[order.client_id] = (attempts, None)
            if action.act == Act.QUERY:
                asked = self.peer.asked(order.client_id, self.now, silent=silent)
                self._asked[order.client_id] = (attempts + 1, asked)
            elif action.act == Act.ADOPT:
                for report in self.peer.tells(order.client_id):
                    self.hear(report)
            elif action.act == Act.RESEND:
                self._asked.pop(order.client_id)
                self._send(order)
            elif action.act == Act.CANCEL_NOT_SENT:
                self.hear(VenueReport(0, order.client_id, ReportKind.NOT_SENT))
            else:
                self.quarantined.add(order.inst)

    def _reconcile(self) -> None:
        """As after a restart: the line is good, every open order is in doubt, and no fill is left out."""
        self._line = []
        if self.cheat == "trusting":
            return
        for order in list(self.orders.open_orders()):
            self.hear(VenueReport(0, order.client_id, ReportKind.UNCLEAR))
            self._asked.pop(order.client_id, None)
        for step in range(STEPS, STEPS + 20):
            self.now = step * SECOND
            self._resolve(silent=0.0)
        for order in self._mine:
            for report in self.peer.tells(order.client_id):
                if report.kind == ReportKind.FILL or is_open(order.state):
                    self.hear(report)

    def problems(self) -> list[str]:
        """Where the books are not the venue's although nothing was quarantined."""
        found = ["an id was taken twice"] * self.peer.taken_twice
        for inst in {0, 1} - self.quarantined:
            theirs = sum(
                one.order.side * one.cum for one in self.peer.orders.values() if one.order.inst == inst
            )
            ours = self.books.account_position(inst)
            if ours != theirs:
                found.append(f"instrument {inst}: {ours} lots, the venue has {theirs}")
            for order in (each for each in self._mine if each.inst == inst):
                one = self.peer.orders.get(order.client_id)
                cum = 0 if one is None else one.cum
                if order.cum + order.over != cum:
                    found.append(f"order {order.client_id}: {order.cum} lots, the venue has {cum}")
        self.orders.check()
        self.books.check()
        return found
