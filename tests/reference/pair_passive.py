"""Worked orders of both styles: quotes that rest, are followed, hedged, cancelled and timed out, on files of level 2."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Any

import numpy as np

from quantrl.envs.pair import PairLayout
from reference.own_queue import Events, Resting
from reference.pair_env import half_up
from reference.pair_line import AHEAD, NEVER, Line, displayed
from reference.pair_work import COMPUTE_NS, WorkedEnv
from reference.pair_world import Draws

LEG_MS = 500.0


class PassiveEnv(WorkedEnv):
    """`WorkedEnv` with style 1: the second half of the actions rests orders.

    Parameters
    ----------
    events : two Events
        Of the legs of the tape.
    """

    going: list[Line | None]  # type: ignore[assignment]

    def __init__(self, *args: Any, events: tuple[Events, Events], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.events = events
        self.leg_ns = round(1e6 * (LEG_MS if self.config.leg_ms is None else self.config.leg_ms))
        self.met_at_rest: set[str] = set()

    def reset(self) -> np.ndarray:
        """Begin the next episode without an order."""
        self.passive, self.quoted, self.begun, self.last_quote, self.over = False, 0, 0, 0, False
        self.hedged, self.shown = 0, [0.0, 0.0, 0.0]
        return super().reset()

    def _target(self, action: int) -> float:
        n = self.config.n_targets
        return 2.0 * (action % n) / (n - 1) - 1.0

    def legal(self) -> list[bool]:
        """Whether each action is legal now, style after style."""
        n = self.config.n_targets
        flat = not 0.2 <= self.windows.beta <= 5.0 or self.stands_down
        return [not flat or 2 * (a % n) == n - 1 for a in range(self.config.n_actions)]

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool]:
        """As the base; an action that is not legal asks for no style either."""
        self.style = action >= self.config.n_targets if self.legal()[action] else self.passive
        return super().step(action)

    # ---- the time between two decisions
    def _trade(self, seen: Any, met: None) -> None:
        cost, side = self.cost, np.sign(self.position)
        self.then, end = self.tape.ts[self.world.row], self.tape.ts[self.world.row + 1]
        self.now, self.sent, self.fills = self.then, [0, 0], 0
        waits = self.phase in ("idle", "legged")
        restyled = self.phase == "working" and self.style != self.passive and any(self.missing)
        if self.is_new or waits or restyled:
            self.passive = self.style and self.phase != "legged"
            self.phase, self.anew = "working", True
            self._act()
        while True:
            due = self._due(end)
            if self._listen(min(due, end)):
                continue
            was = self.since is not None
            self.apart_ns += (min(due, end) - self.now) * was
            if due > end:
                break
            self.now = due
            self._arrive()
            self._hear_all()
            self._act()
            self.legged += self.since is not None and not was
        self.now = end
        self._show()
        self.was_apart = any(self.missing)
        self.last_cost = self.cost - cost
        if np.sign(self.position) == side:
            self.age += int(side != 0)
        else:
            self.opened, self.age = self._wealth(seen), 0

    def _due(self, end: int) -> int:  # type: ignore[override]
        lines = [line for line in self.going if line]
        due = min((min(line.due, line.heard) for line in lines), default=NEVER)
        if self.phase != "working" or self.anew:
            return due
        if self.since is not None:
            due = min(due, self.since + self.leg_ns)
        if self.passive:
            due = min(due, self._quote_due(min(end, due)))
        return max(due, self.now)

    def _quote_due(self, until: int) -> int:
        if self.over:
            return NEVER
        over = self.begun + round(1e6 * self.config.passive_ms)
        again = max(self.last_quote + round(1e6 * self.config.requote_ms), self.now)
        line, look = self.going[self.quoted], NEVER
        if line is None:
            look = again if self.missing[self.quoted] else NEVER
        elif line.quoted and again <= until:
            look = self._moves(again, until)
        return min(over, look)

    def _moves(self, start: int, until: int) -> int:
        """When, from a time on, the touch received is not where the quote is."""
        line, log, worth = self.going[self.quoted], self.tape.legs[self.quoted], self.tape.worth[self.quoted]
        assert line is not None
        at, ts = max(bisect_right(log.seen, start) - 1, 0), start
        while True:
            levels = log.sides[at][int(line.lots < 0)]
            if levels and levels[0][0] * worth != line.limit:
                return ts
            at += 1
            if at >= len(log.seen) or log.seen[at] > until:
                return NEVER
            ts = log.seen[at]

    # ---- at the exchange
    def _listen(self, until: int) -> bool:
        for leg, line in enumerate(self.going):
            if line is None or line.stage != "resting":
                continue
            assert line.rests is not None
            found = line.rests.next(until)
            if found is None:
                return False
            ts, lots, took = found
            for (side, tick), row in took.items():
                self.taken[leg][1 if side else -1, tick * self.tape.worth[leg]] = row
            nth, self.fills = self.fills, self.fills + 1
            happens = self.theta[3] >= 1.0 or self._drawn(nth) < self.theta[3]
            change = (
                self._made(leg, ts, line.limit, lots if line.lots > 0 else -lots) if happens else (0, 0, 0, 0)
            )
            self.met_at_rest.add("filled" if line.rests.leaves == 0 else "partial")
            line.tell(ts + line.wait, change, ended=line.rests.leaves == 0)
            return True
        return False

    def _drawn(self, nth: int) -> float:
        draws = Draws(
            self.seed, self.env_id, "pair_fill", draw=self.world.row, episode=self.episode, block=nth
        )
        return draws.uniform()

    def _made(self, leg: int, ts: int, price: int, lots: int) -> tuple[int, int, int, int]:
        """Cash, lots, cost and traded value of a passive execution."""
        log, worth = self.tape.legs[leg], self.tape.worth[leg]
        bids, asks = log.sides[bisect_right(log.ts, ts) - 1]
        whole = bids and asks and bids[0][0] < asks[0][0]
        mid2 = (bids[0][0] + asks[0][0]) * worth if whole else 2 * price
        bps = (self.config.maker_fee_bps or self.config.fee_bps)[leg]
        ppb = math.floor(1e9 * (1e-4 * bps) * self.theta[0] + 0.5)
        value = abs(lots) * 2 * price
        fee = half_up(value * ppb, 10**9)
        return -lots * 2 * price - fee, lots, fee + lots * (2 * price - mid2), value

    def _arrive(self) -> None:
        due = [line.due if line else NEVER for line in self.going]
        for leg in (0, 1) if due[0] <= due[1] else (1, 0):
            line = self.going[leg]
            if line is None or line.due > self.now:
                continue
            if line.stage == "resting":
                line.tell(self.now + line.cancel_wait, (0, 0, 0, 0), ended=True)
                self.met_at_rest.add("cancelled")
            elif line.post:
                self._post_arrives(leg, line)
            else:
                line.tell(self.now + line.wait, self._taken_by(leg, line), ended=True)

    def _post_arrives(self, leg: int, line: Line) -> None:
        worth, side = self.tape.worth[leg], int(line.lots < 0)
        books, at = self.events[leg].until(self.now)
        taken = {
            (int(way > 0), price // worth): row
            for (way, price), row in self.taken[leg].items()
            if row[0] and self.now - row[1] < 10**9
        }
        tick = line.limit // worth
        rests = Resting(self.events[leg], at, books, side, tick, abs(line.lots), self.config.queue, taken)
        reached = [t for t in books[1 - side] if (t <= tick if side == 0 else t >= tick)]
        if any(books[1 - side][t] > rests._missing(1 - side, t, self.now) for t in reached):
            self.met_at_rest.add("refused")
            line.tell(self.now + line.wait, (0, 0, 0, 0), ended=True)
            return
        line.rests, line.stage = rests, "resting"

    def _taken_by(self, leg: int, line: Line) -> tuple[int, int, int, int]:
        own, totals = self.legs[leg], (self.cost, self.traded)
        before = (own.cash, own.lots)
        self._meet(leg, (line.lots, line.limit, line.arrive, 0))
        change = (own.cash - before[0], own.lots - before[1], self.cost - totals[0], self.traded - totals[1])
        (own.cash, own.lots), (self.cost, self.traded) = before, totals
        return change

    def _hear_all(self) -> None:
        for leg, line in enumerate(self.going):
            while line is not None and line.news and line.news[0][0] <= self.now:
                _, cash, lots, cost, traded, ended = line.news.pop(0)
                self.legs[leg].cash += cash
                self.legs[leg].lots += lots
                self.cost += cost
                self.traded += traded
                line.known_open -= abs(lots)
                if ended:
                    line = self.going[leg] = None

    # ---- the trader
    def _act(self) -> None:
        self.visited.add(self.phase)
        if not self._is_apart():
            self.since = None
        elif self.since is None:
            self.since = self.now
        late = self.since is not None and self.since + self.leg_ns <= self.now
        if self.anew:
            self._end_quotes()
            if not any(self.going):
                self._begin()
        elif self.phase == "working" and late:
            self.phase, self.tries = "chasing", 0
            self._chase()
        elif self.phase == "working" and self.passive:
            self._quote()
        elif self.phase == "working" and not any(self.going) and self.since is None:
            self.phase = "idle"
        elif self.phase == "chasing":
            self._chase()
        elif self.phase == "unwinding":
            self._unwind()

    def _begin(self) -> None:
        if not self.passive or not any(self.missing):
            super()._begin()
            return
        self.start, self.goal = self.lots, [leg.wanted for leg in self.legs]
        self.units, self.even = [leg.unit for leg in self.legs], self.since is None
        self.anew, self.phase = False, "working"
        spreads = []
        for leg in (0, 1):
            bid, ask = self._quote_of(leg)
            spreads.append((ask - bid) / (ask + bid))
        one, two = (lots != 0 for lots in self.missing)
        self.quoted = int(spreads[1] > spreads[0]) if one and two else int(two)
        self.begun, self.over, self.hedged = self.now, False, self.start[self.quoted]
        self._post(self.missing[self.quoted])

    def _post(self, lots: int) -> None:
        bid, ask = self._quote_of(self.quoted)
        self._send_line(self.quoted, lots, bid if lots > 0 else ask, post=True)
        self.last_quote = self.now

    def _quote(self) -> None:
        leg, other = self.quoted, 1 - self.quoted
        if self.lots[leg] != self.hedged and self.going[other] is None:
            self.hedged = self.lots[leg]
            self._send(other, self._matching(other) - self.lots[other], 0)
            self.visited.add("hedging")
        if not self.over and self.now >= self.begun + round(1e6 * self.config.passive_ms):
            self.over = True
            self._end_quotes()
        if self.over or not self.missing[leg]:
            self._conclude()
        elif self.now >= self.last_quote + round(1e6 * self.config.requote_ms):
            line = self.going[leg]
            if line is None:
                self._post(self.missing[leg])
            elif line.quoted and self._moves(self.now, self.now) <= self.now:
                self._end_quotes()

    def _conclude(self) -> None:
        if any(self.going):
            return
        rest = self.over and any(self.missing)
        if rest and self.config.time_out == "cross":
            self.passive = False
            self._begin()
        elif self.since is None and rest:
            for leg in self.legs:
                leg.wanted = leg.lots
            self.target, self.phase = self.position, "idle"
        elif self.since is None:
            self.phase = "idle"

    def _end_quotes(self) -> None:
        for leg, line in enumerate(self.going):
            if line is not None and line.quoted:
                wait = self._wait(leg)
                self.last[leg] = max(self.last[leg], self.now + COMPUTE_NS + wait)
                line.cancel, line.cancel_wait = self.last[leg], wait

    def _chase(self) -> None:
        self._end_quotes()
        super()._chase()

    def _quote_of(self, leg: int) -> tuple[int, int]:
        """The last whole touch received, at a decision that of its row."""
        bid, ask, _ = self.tape.quotes[self.world.row][leg]
        log, worth = self.tape.legs[leg], self.tape.worth[leg]
        bids, asks = log.sides[bisect_right(log.seen, self.now) - 1]
        if self.now > self.then and bids and asks and bids[0][0] < asks[0][0]:
            return bids[0][0] * worth, asks[0][0] * worth
        return bid, ask

    def _send(self, leg: int, lots: int, wider: int) -> None:
        if lots:
            bid, ask = self._quote_of(leg)
            slip = (self.config.slip_ticks + wider) * self.tape.worth[leg]
            self._send_line(leg, lots, ask + slip if lots > 0 else bid - slip, post=False)

    def _send_line(self, leg: int, lots: int, limit: int, *, post: bool) -> None:
        wait = self._wait(leg)
        arrive = max(self.now + COMPUTE_NS + wait, self.last[leg])
        self.last[leg] = arrive
        self.going[leg] = Line(lots, limit, arrive, wait, post=post)

    # ---- what is shown
    def _show(self) -> None:
        quotes = self.passive and self.phase == "working" and not self.anew
        age = (self.now - self.begun) / round(1e6 * self.config.passive_ms)
        self.shown = [0.0, 0.0, age if quotes else 0.0]
        for leg, line in enumerate(self.going):
            if line is None or not line.post or line.arrive + line.wait > self.now:
                continue
            log, worth = self.tape.legs[leg], self.tape.worth[leg]
            start = max(line.arrive + line.wait, self.then)
            row = bisect_right(log.seen, self.now) - 1
            while True:
                levels = log.sides[row][int(line.lots < 0)]
                line.ahead = min(line.ahead, displayed(levels, line, worth))
                if row == 0 or log.seen[row] <= start:
                    break
                row -= 1
            if line.ahead < AHEAD:
                self.shown[leg] = line.ahead / (line.ahead + max(line.known_open, 1))

    def observe(self) -> np.ndarray:
        """As the base, with what is shown of orders at rest."""
        shown = super().observe()
        if self.config.features == "full":
            layout = PairLayout.of(self.config)
            for name, value in zip(("queue_1", "queue_2", "order_age"), self.shown, strict=True):
                shown[layout.at(name)] = value
        return shown
