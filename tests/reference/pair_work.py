"""Aggressive orders worked between decisions, as slowly and obviously as it can be written: one list of what is to come."""

from __future__ import annotations

import math
from bisect import bisect_right
from fractions import Fraction
from typing import Any

import numpy as np

from reference.pair_tape import ReplayEnv
from reference.pair_world import Draws

COMPUTE_NS = 5_000


def nearest(x: Fraction) -> int:
    """Nearest whole number, halves away from zero."""
    return math.floor(abs(x) + Fraction(1, 2)) * (1 if x >= 0 else -1)


class WorkedEnv(ReplayEnv):
    """`ReplayEnv` whose orders are sent, chased and unwound between decisions; style 0 only.

    An order that reaches behind the fifth level is not answered here.

    Attributes
    ----------
    visited : set of str
        Phases that any of its episodes went through.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.visited: set[str] = set()

    def reset(self) -> np.ndarray:
        """Begin the next episode without an order."""
        self.phase, self.anew, self.since, self.tries = "idle", False, None, 0
        self.start, self.goal, self.units, self.even = [0, 0], [0, 0], [0, 0], True
        self.going: list[dict[str, Any] | None] = [None, None]
        self.last = [-(2**63)] * 2
        return super().reset()

    def _wait(self, leg: int) -> int:
        sigma, mean = self.config.latency_sigma, self.theta[2]
        nth, self.sent[leg] = self.sent[leg], self.sent[leg] + 1
        channel = f"pair_latency_{leg + 1}"
        draws = Draws(self.seed, self.env_id, channel, draw=self.world.row, episode=self.episode, block=nth)
        factor = math.exp(sigma * draws.normal() - 0.5 * sigma * sigma) if sigma else 1.0
        return math.floor(1e6 * mean * factor + 0.5)

    @property
    def lots(self) -> list[int]:
        """Held on each leg, as far as is known."""
        return [leg.lots for leg in self.legs]

    @property
    def missing(self) -> list[int]:
        """Wanted and not held."""
        return [leg.wanted - leg.lots for leg in self.legs]

    def _aim(self, target: float) -> None:
        self.is_new = target != self.target
        super()._aim(target)

    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool]:
        """As the base; an illegal action is no new target."""
        self.is_new = False
        return super().step(action)

    # ---- where the plan stands
    def _progress(self) -> list[Fraction]:
        moves = zip(self.lots, self.start, self.goal, strict=True)
        return [Fraction(now - a, b - a) if b != a else Fraction(0) for now, a, b in moves]

    def _is_apart(self) -> bool:
        if self.lots == self.goal:
            return False
        if self.even:
            moves = [b - a for a, b in zip(self.start, self.goal, strict=True)]
            one, two = self._progress()
            return all(moves) and abs(one - two) > sum(Fraction(1, 2 * abs(move)) for move in moves)
        shares = [
            Fraction(now, unit) if unit else Fraction(0)
            for now, unit in zip(self.lots, self.units, strict=True)
        ]
        return abs(sum(shares)) > sum(Fraction(1, 2 * unit) for unit in self.units if unit)

    def _behind(self) -> int:
        if self.even:
            one, two = self._progress()
            return int(two < one)
        one, two = (
            Fraction(abs(b - now), max(unit, 1))
            for b, now, unit in zip(self.goal, self.lots, self.units, strict=True)
        )
        return int(two > one)

    def _matching(self, leg: int) -> int:
        return self.start[leg] + nearest((self.goal[leg] - self.start[leg]) * self._progress()[1 - leg])

    # ---- the time between two decisions
    def _trade(self, seen: Any, met: None) -> None:
        cost, side = self.cost, np.sign(self.position)
        self.then, end = self.tape.ts[self.world.row], self.tape.ts[self.world.row + 1]
        self.now, self.sent = self.then, [0, 0]
        if self.is_new or self.phase in ("idle", "legged"):
            self.phase, self.anew = "working", True
            self._act()
        while (due := self._due()) <= end:
            was = self.since is not None
            self.apart_ns += (due - self.now) * was
            self.now = due
            for leg in self._arriving():
                self._answer(leg)
            for leg, order in enumerate(self.going):
                if order and "news" in order and order["known"] <= due:
                    self._hear(leg, order["news"])
            self._act()
            self.legged += self.since is not None and not was
        self.apart_ns += (end - self.now) * (self.since is not None)
        self.was_apart = any(self.missing)
        self.last_cost = self.cost - cost
        if np.sign(self.position) == side:
            self.age += int(side != 0)
        else:
            self.opened, self.age = self._wealth(seen), 0

    def _due(self) -> int:
        times = [order["known" if "news" in order else "arrive"] for order in self.going if order]
        if self.phase == "working" and not self.anew and self.since is not None:
            times.append(max(self.now, self.since + round(1e6 * self.config.leg_ms)))
        return min(times, default=2**63 - 1)

    def _arriving(self) -> list[int]:
        times = {
            leg: order["arrive"] for leg, order in enumerate(self.going) if order and "news" not in order
        }
        return sorted((leg for leg, ts in times.items() if ts <= self.now), key=lambda leg: times[leg])

    def _act(self) -> None:
        self.visited.add(self.phase)
        busy = any(self.going)
        if not self._is_apart():
            self.since = None
        elif self.since is None:
            self.since = self.now
        if self.anew:
            if not busy:
                self._begin()
        elif self.phase == "working":
            if self.since is not None and self.now >= self.since + round(1e6 * self.config.leg_ms):
                self.phase, self.tries = "chasing", 0
                self._chase()
            elif not busy and self.since is None:
                self.phase = "idle"
        elif self.phase == "chasing":
            self._chase()
        elif self.phase == "unwinding":
            self._unwind()

    def _begin(self) -> None:
        self.start, self.goal = self.lots, [leg.wanted for leg in self.legs]
        self.units, self.even = [leg.unit for leg in self.legs], self.since is None
        self.anew, self.phase = False, "working"
        if not any(self.missing):
            self.phase, self.since = "idle", None
        for leg, lots in enumerate(self.missing):
            self._send(leg, lots, 0)

    def _chase(self) -> None:
        if any(self.going):
            return
        if self.since is None:
            self.phase = "idle"
        elif self.tries < self.config.chase_max:
            self.tries += 1
            leg = self._behind()
            to = self._matching(leg) if self.even else self.goal[leg]
            self._send(leg, to - self.lots[leg], self.tries)
        else:
            self.phase, self.tries = "unwinding", 0
            self._unwind()

    def _unwind(self) -> None:
        if any(self.going):
            return
        if self.since is None:
            for leg in self.legs:
                leg.wanted = leg.lots
            self.target, self.phase = self.position, "idle"
        elif self.even and self.tries < self.config.chase_max:
            self.tries += 1
            leg = 1 - self._behind()
            self._send(leg, self._matching(leg) - self.lots[leg], self.tries)
        else:
            self.phase = "legged"

    def _send(self, leg: int, lots: int, wider: int) -> None:
        if not lots:
            return
        bid, ask, _ = self.tape.quotes[self.world.row][leg]
        log, worth = self.tape.legs[leg], self.tape.worth[leg]
        bids, asks = log.sides[bisect_right(log.seen, self.now) - 1]
        if self.now > self.then and bids and asks and bids[0][0] < asks[0][0]:
            bid, ask = bids[0][0] * worth, asks[0][0] * worth
        slip, wait = (self.config.slip_ticks + wider) * worth, self._wait(leg)
        arrive = max(self.now + COMPUTE_NS + wait, self.last[leg])
        self.last[leg] = arrive
        limit = ask + slip if lots > 0 else bid - slip
        self.going[leg] = {"lots": lots, "limit": limit, "arrive": arrive, "known": arrive + wait}

    def _answer(self, leg: int) -> None:
        order = self.going[leg]
        assert order is not None
        # Filled by the base on a leg of its own, whose change is what the trader hears later.
        own, totals = self.legs[leg], (self.cost, self.traded)
        before = (own.cash, own.lots)
        self._meet(leg, (order["lots"], order["limit"], order["arrive"], order["known"]))
        news = (own.cash - before[0], own.lots - before[1], self.cost - totals[0], self.traded - totals[1])
        (own.cash, own.lots), (self.cost, self.traded) = before, totals
        order["news"] = news

    def _hear(self, leg: int, news: tuple[int, int, int, int]) -> None:
        self.legs[leg].cash += news[0]
        self.legs[leg].lots += news[1]
        self.cost += news[2]
        self.traded += news[3]
        self.going[leg] = None
