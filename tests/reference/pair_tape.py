"""A tape of two recorded books as slowly and obviously as it can be read, and the environment on it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from quantrl.data.events import FLAGS, KINDS, EventFile
from quantrl.envs.pair import PairLayout
from reference.pair_env import Leg as Account
from reference.pair_env import ReferenceEnv, half_up
from reference.pair_features import Windows
from reference.pair_world import Draws

Side = list[tuple[int, int]]
DAY_NS = 86_400_000_000_000
SELL, KNOWN, LAST = FLAGS["sell"], FLAGS["side_known"], FLAGS["last"]


class Leg:
    """One instrument of level 1 or 2: its touches, when each was seen, and what each group of events traded.

    Attributes
    ----------
    ts, seen : list of int
    sides : list of (bids, asks)
        Five levels, best first.
    flows : list of (seen, imbalance, volume, signed, events)
    """

    def __init__(self, file: EventFile, instr: int, feed_ns: int | None) -> None:
        self.ts: list[int] = []
        self.seen: list[int] = []
        self.sides: list[tuple[Side, Side]] = []
        self.flows: list[tuple[int, int, int, int, int]] = []
        books: tuple[dict[int, int], dict[int, int]] = ({}, {})
        columns = {name: values.tolist() for name, values in file.columns().items()}
        seen, volume, signed, events = -(2**63), 0, 0, 0
        names = ("ts", "received", "kind", "flags", "instr", "tick", "qty")
        for ts, received, kind, flags, where, tick, qty in zip(
            *(columns[name] for name in names), strict=True
        ):
            if where != instr:
                continue
            known = received if received != -(2**63) else ts + feed_ns
            seen, events = max(seen, known), events + 1
            own, other = books if not flags & SELL else books[::-1]
            sign = -1 if flags & SELL else 1
            if KINDS[kind] in ("LEVEL", "BBO"):
                if KINDS[kind] == "BBO":
                    own.clear()
                own.pop(tick, None)
                if qty:
                    own[tick] = qty
                    for crossed in [t for t in other if sign * t <= sign * tick]:
                        del other[crossed]
            elif KINDS[kind] == "TRADE":
                volume += qty
                signed += sign * qty if flags & KNOWN else 0
            if flags & LAST:
                bids = sorted(books[0].items(), reverse=True)[:5]
                asks = sorted(books[1].items())[:5]
                before = self.sides[-1] if self.sides else None
                flow = _imbalance(before, (bids, asks)) if before else 0
                self.flows.append((seen, flow, volume, signed, events))
                volume = signed = events = 0
                if (bids, asks) != before:
                    self.ts.append(ts)
                    self.seen.append(seen)
                    self.sides.append((bids, asks))


def _imbalance(before: tuple[Side, Side], now: tuple[Side, Side]) -> int:
    """Cont, Kukanov and Stoikov (2014); an empty side is infinitely far away."""

    def best(side: Side, way: int) -> tuple[float, int]:
        return (way * side[0][0], side[0][1]) if side else (-math.inf, 0)

    total = 0
    for side, way in ((0, 1), (1, -1)):
        (p0, q0), (p1, q1) = best(before[side], way), best(now[side], way)
        total += way * (q1 * (p1 >= p0) - q0 * (p1 <= p0))
    return total


class Tape:
    """What decisions see. One session, both legs whole throughout.

    Attributes
    ----------
    ts : list of int
    quotes : list of [(bid, ask, lots of the bid)] in quanta of a lot
    rows : list of (x, z, beta, market columns)
    """

    def __init__(self, config: Any, files: list[EventFile]) -> None:
        instruments = [row for file in files for row in file.instruments]
        places = [(file, i) for file in files for i in range(len(file.instruments))]
        feed = None if config.feed_ms is None else round(config.feed_ms * 1e6)
        self.legs = [Leg(file, i, feed) for file, i in places]
        worths = [row.tick_size * row.lot_size * row.multiplier for row in instruments]
        self.quantum = max(Fraction(1, d) for d in _multiples(worths))
        self.worth = [int(worth / self.quantum) for worth in worths]
        self.tick = [float(row.tick_size) for row in instruments]
        self.config, dt = config, round(1e9 * config.dt)
        first = max(leg.flows[0][0] for leg in self.legs)
        last = min(leg.flows[-1][0] for leg in self.legs)
        self.windows = Windows(config)
        self.ts: list[int] = []
        self.quotes: list[list[tuple[int, int, int]]] = []
        self.rows: list[tuple[float, float, float, list[float]]] = []
        self._flows: list[list[tuple[int, ...]]] = [[], []]
        self._depths: list[list[float]] = [[], []]
        for number in range(-(-first // dt), last // dt + 1):
            self._decide(number * dt, dt)

    @property
    def warm_up(self) -> int:
        """Rows that are not served."""
        return self.windows.warm_up

    def _decide(self, ts: int, dt: int) -> None:
        sides = [leg.sides[bisect_right(leg.seen, ts) - 1] for leg in self.legs]
        quotes = [
            (bids[0][0] * worth, asks[0][0] * worth, bids[0][1])
            for (bids, asks), worth in zip(sides, self.worth, strict=True)
        ]
        logs = [
            math.log(0.5 * tick * (bid + ask) / worth)
            for (bid, ask, _), tick, worth in zip(quotes, self.tick, self.worth, strict=True)
        ]
        self.windows.push(logs, quotes)
        for i, leg in enumerate(self.legs):
            known = [flow[0] for flow in leg.flows]
            groups = [flow[1:] for flow in leg.flows[bisect_right(known, ts - dt) : bisect_right(known, ts)]]
            self._flows[i].append(tuple(sum(column) for column in zip(*groups, strict=True)) or (0, 0, 0, 0))
            self._depths[i].append(0.5 * (sides[i][0][0][1] + sides[i][1][0][1]))
        self.ts.append(ts)
        self.quotes.append(quotes)
        shown: list[float] = []
        if len(self.ts) > self.windows.warm_up:
            shown = self.windows.columns(quotes)
            if self.config.features == "full":
                for i in (0, 1):
                    shown[21 + 9 * i : 29 + 9 * i] = self._book(i, *sides[i])
        z = self.windows.z() if self.windows.spread else 0.0
        self.rows.append((self.windows.spread[-1], z, self.windows.beta, shown))

    def _book(self, leg: int, bids: Side, asks: Side) -> list[float]:
        w, flows = self.windows.w, self._flows[leg]

        def total(n: int, column: int) -> float:
            return float(sum(row[column] for row in flows[-n:]))

        def lots(weight: Callable[[int], float]) -> tuple[float, float]:
            b, a = (sum(weight(i) * lots for i, (_, lots) in enumerate(side)) for side in (bids, asks))
            return b, a

        depth = float(np.mean(self._depths[leg][-w:]))
        b, a = lots(lambda i: 1.0)
        means = [sum(tick * lots for tick, lots in side) / total for side, total in ((bids, b), (asks, a))]
        micro = (a * means[0] + b * means[1]) / (a + b)
        mid, half = 0.5 * (bids[0][0] + asks[0][0]), 0.5 * (asks[0][0] - bids[0][0])
        top, near = lots(lambda i: float(i == 0)), lots(lambda i: math.exp(-0.5 * i))
        volume = total(20, 1)
        return [
            (top[0] - top[1]) / sum(top),
            (near[0] - near[1]) / sum(near),
            total(1, 0) / depth,
            total(20, 0) / depth,
            (micro - mid) / half,
            total(20, 2) / volume if volume else 0.0,
            _log_ratio(volume / min(20, len(flows)), total(w, 1) / min(w, len(flows))),
            _log_ratio(total(1, 3), total(w, 3) / min(w, len(flows))),
        ]


def _log_ratio(a: float, b: float) -> float:
    if b == 0:
        return 0.0
    return math.log(a / b) if a else -math.inf


def _multiples(worths: list[Fraction]) -> list[Fraction]:
    """1 / q of every q below the smaller worth that divides both."""
    low = min(worths)
    return [
        1 / (low / n) for n in range(1, 1001) if all((worth / (low / n)).denominator == 1 for worth in worths)
    ]


class _World:
    """A place on the tape, as `ReferenceEnv` asks a world."""

    def __init__(self, tape: Tape, row: int, theta: tuple[float, ...]) -> None:
        self.tape, self.row, self.theta = tape, row, theta
        self.ticks = 1.0 / float(tape.quantum)
        self.step_sd = tape.windows.step_sd
        config = tape.config
        self.fees = [math.floor(1e9 * 1e-4 * bps * theta[0] + 0.5) for bps in config.fee_bps]

    def step(self) -> None:
        self.row += 1

    def quotes(self) -> list[tuple[int, int, int]]:
        return self.tape.quotes[self.row]

    def met(self) -> None:
        return None

    def show(self) -> tuple[None, None]:
        return None, None

    def cost_now(self) -> float:
        beta = self.tape.rows[self.row][2]
        halves = [self.theta[1] * (ask - bid) / (ask + bid) for bid, ask, _ in self.quotes()]
        legs = [1e-9 * fee + half for fee, half in zip(self.fees, halves, strict=True)]
        return (legs[0] + beta * legs[1]) / self.tape.config.s


class _Seen:
    """The windows as they stood at the world's row."""

    def __init__(self, env: ReplayEnv) -> None:
        self.env = env

    @property
    def beta(self) -> float:
        return self.env.tape.rows[self.env.world.row][2]

    def columns(self, quotes: Any) -> list[float]:
        return self.env.tape.rows[self.env.world.row][3]

    def push(self, logs: None, quotes: None) -> None:
        return None


class ReplayEnv(ReferenceEnv):
    """One environment on a reference tape; `runs` are the served rows."""

    def __init__(
        self, tape: Tape, runs: list[tuple[int, int]], seed: int, env_id: int, evaluation: bool = False
    ) -> None:
        super().__init__(tape.config, seed, env_id, evaluation)
        self.tape, self.runs = tape, runs
        self.windows = _Seen(self)
        self.world = _World(tape, runs[0][0], (1.0,) * 5)

    def reset(self) -> np.ndarray:
        """Begin the next episode and return its first observation."""
        t = self.config.episode_len
        self.theta = self.given or self._drawn_theta()
        draws = Draws(self.seed, self.env_id, "pair_start", episode=self.episode)
        start = draws.below(self.config.n_targets)
        staggered = self.episode == 0 and not self.evaluation
        self.k = self.skipped = draws.below(t) if staggered else 0
        row = self._after() if self.evaluation else self._anywhere(draws, t)
        self.world = _World(self.tape, row, self.theta)
        end = next(b for a, b in self.runs if a <= row < b)
        self.limit = min(t, self.k + end - 1 - row)
        self.stock = self._first_stock()
        self.legs = [Account(), Account()]
        self.orders: list[tuple[int, int, int, int] | None] = [None, None]
        self.taken: list[dict[tuple[int, int], tuple[int, int]]] = [{}, {}]
        self.target, self.age, self.opened, self.wealth = 0.0, 0, 0, 0
        self.cost = self.traded = self.last_cost = 0
        self.earned, self.illegal, self.legged, self.apart, self.was_apart = 0.0, 0, 0, 0, False
        self.apart_ns = 0
        self.first, self.second = 0.0, 2 * self.config.kappa_dt or self.world.step_sd**2
        if not self.evaluation:
            self._aim(self._target(start))
            for leg, (bid, ask, _) in zip(self.legs, self.world.quotes(), strict=True):
                leg.cash, leg.lots = -leg.wanted * (bid + ask), leg.wanted
        self.episode += 1
        return self.observe()

    def _anywhere(self, draws: Draws, t: int) -> int:
        starts = [row for a, b in self.runs for row in range(a, max(a + 1, b - t))]
        return starts[draws.below(len(starts))]

    def _after(self) -> int:
        if self.episode == 0:
            return self.runs[0][0]
        row = self.world.row
        at = next(i for i, (a, b) in enumerate(self.runs) if a <= row < b)
        if row + 1 < self.runs[at][1]:
            return row
        return self.runs[(at + 1) % len(self.runs)][0]

    def _latency(self, leg: int) -> int:
        sigma, mean = self.config.latency_sigma, self.theta[2]
        draws = Draws(
            self.seed, self.env_id, f"pair_latency_{leg + 1}", draw=self.world.row, episode=self.episode
        )
        factor = math.exp(sigma * draws.normal() - 0.5 * sigma * sigma) if sigma else 1.0
        return math.floor(1e6 * mean * factor + 0.5)

    def _trade(self, seen: Any, met: None) -> None:
        cost, side = self.cost, np.sign(self.position)
        now, then = self.tape.ts[self.world.row], self.tape.ts[self.world.row + 1]
        for i, (leg, (bid, ask, _)) in enumerate(zip(self.legs, seen, strict=True)):
            missing = leg.wanted - leg.lots
            if self.orders[i] is None and missing:
                wait = self._latency(i)
                slip = (2**30 if self.closes else self.config.slip_ticks) * self.tape.worth[i]
                limit = ask + slip if missing > 0 else bid - slip
                self.orders[i] = (missing, limit, now + 5_000 + wait, now + 5_000 + 2 * wait)
        arrivals = [order[2] if order else 0 for order in self.orders]
        since, apart = now, self._apart()
        for i in (0, 1) if arrivals[0] <= arrivals[1] else (1, 0):
            order = self.orders[i]
            if order is None or order[3] > then:
                continue
            self.orders[i] = None
            at = min(max(order[2], since), then)
            self.apart_ns += (at - since) * apart
            since = at
            self._meet(i, order)
            self.legged += self._apart() and not apart
            apart = self._apart()
        self.apart_ns += (then - since) * apart
        self.was_apart = any(leg.lots != leg.wanted for leg in self.legs)
        self.last_cost = self.cost - cost
        if np.sign(self.position) == side:
            self.age += int(side != 0)
        else:
            self.opened, self.age = self._wealth(seen), 0

    def _apart(self) -> bool:
        one, two = (leg.lots == leg.wanted for leg in self.legs)
        if one or two:
            return one != two
        rounding = sum(0.5 / leg.unit if leg.unit else 0.0 for leg in self.legs)
        uneven = abs(self.shares[0] - self.shares[1]) > rounding + 1e-12
        return any(order is None for order in self.orders) and uneven

    def _meet(self, i: int, order: tuple[int, int, int, int]) -> None:
        lots, limit, arrive, _ = order
        log, worth = self.tape.legs[i], self.tape.worth[i]
        row = bisect_right(log.ts, arrive) - 1
        bids, asks = log.sides[row]
        way, left = (1, lots) if lots > 0 else (-1, -lots)
        whole = bids and asks and bids[0][0] < asks[0][0]
        for tick, there in asks if way > 0 else bids:
            price = tick * worth
            if not left or way * price > way * limit:
                break
            held, when = self.taken[i].get((way, price), (0, 0))
            waits = min(max(10**9 - (arrive - when), 0), 10**9)
            gone = -(-held * waits // 10**9)
            fill = min(left, there - gone)
            if fill <= 0:
                continue
            mid2 = (bids[0][0] + asks[0][0]) * worth if whole else 2 * price
            spread = (asks[0][0] - bids[0][0]) * worth if whole else 0
            self._pay(i, way * fill, price, mid2, spread)
            self.taken[i][way, price] = (fill + gone, arrive)
            left -= fill

    def _force(self, i: int, lots: int, bid: int, ask: int) -> None:
        self._pay(i, lots, ask if lots > 0 else bid, bid + ask, ask - bid)

    def _pay(self, i: int, lots: int, price: int, mid2: int, spread: int) -> None:
        leg, value = self.legs[i], abs(lots) * 2 * price
        fee = half_up(value * self.world.fees[i], 10**9)
        extra = (self.theta[1] - 1.0) * abs(lots) * spread
        extra = math.floor(abs(extra) + 0.5) * (1 if extra >= 0 else -1)
        leg.cash -= lots * 2 * price + fee + extra
        leg.lots += lots
        self.cost += fee + extra + lots * (2 * price - mid2)
        self.traded += value

    def observe(self) -> np.ndarray:
        """As the base, with the share of what the run leaves and the time of day."""
        shown = super().observe()
        t, layout = self.config.episode_len, PairLayout.of(self.config)
        shown[layout.at("left")] = 1.0 - (self.k + t - self.limit) / t
        if self.config.features == "full":
            angle = 2 * math.pi * (self.tape.ts[self.world.row] % DAY_NS) / DAY_NS
            shown[layout.at("sin")], shown[layout.at("cos")] = math.sin(angle), math.cos(angle)
        return shown

    def totals(self) -> list[float]:
        """As ``ep_stats``."""
        rows = super().totals()
        rows[6] = float(self.apart_ns)
        return rows
