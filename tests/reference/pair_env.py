"""The pair environment as slowly and obviously as it can be written: two legs, one decision at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reference.pair_features import Windows, clip
from reference.pair_world import Draws, World

LEVELS = 5


def half_up(numerator: int, denominator: int) -> int:
    """Division of whole numbers, halves away from below."""
    return (numerator + denominator // 2) // denominator


def away(x: float) -> int:
    """Nearest whole number, halves away from zero."""
    return math.floor(abs(x) + 0.5) * (1 if x >= 0 else -1)


class Leg:
    """Cash in half quanta and lots of one leg."""

    def __init__(self) -> None:
        self.cash, self.lots, self.unit, self.wanted = 0, 0, 0, 0


class ReferenceEnv:
    """One environment.

    Parameters
    ----------
    config : PairConfig
    seed, env_id : int
        Key of every draw.
    evaluation : bool
        Flat starts and full lengths.
    """

    def __init__(self, config: Any, seed: int, env_id: int, evaluation: bool = False) -> None:
        self.config, self.seed, self.env_id, self.evaluation = config, seed, env_id, evaluation
        self.episode = 0
        self.theta: tuple[float, ...] | None = None
        self.given: tuple[float, ...] | None = None
        self.stands_down = False

    # ---- episodes
    def reset(self) -> np.ndarray:
        """Begin the next episode and return its first observation."""
        theta = self.given or self._drawn_theta()
        if self.episode == 0:
            self.world = World(self.config, self.seed, self.env_id)
        if self.episode == 0 or theta != self.theta:
            self.world.theta = theta
            self.windows = Windows(self.config)
            self.windows.push(*self.world.show())
            for _ in range(self.windows.warm_up):
                self.world.step()
                self.windows.push(*self.world.show())
        self.theta = theta
        draws = Draws(self.seed, self.env_id, "pair_start", episode=self.episode)
        start, skip = draws.below(self.config.n_actions), draws.below(self.config.episode_len)
        self.legs = [Leg(), Leg()]
        self.target, self.age, self.opened, self.wealth = 0.0, 0, 0, 0
        self.cost = self.traded = self.last_cost = 0
        self.earned, self.illegal, self.legged, self.apart, self.was_apart = 0.0, 0, 0, 0, False
        self.first, self.second = 0.0, 2 * self.config.kappa_dt or self.world.step_sd**2
        self.stock, self.limit = self._first_stock(), self.config.episode_len
        self.k = self.skipped = skip if self.episode == 0 and not self.evaluation else 0
        if not self.evaluation:
            self._aim(self._target(start))
            for leg, (bid, ask, _) in zip(self.legs, self.world.quotes(), strict=True):
                leg.cash, leg.lots = -leg.wanted * (bid + ask), leg.wanted
        self.episode += 1
        return self.observe()

    def _drawn_theta(self) -> tuple[float, ...]:
        draws = Draws(self.seed, self.env_id, "pair_theta", episode=self.episode)
        bounds = zip(self.config.theta_low, self.config.theta_high, strict=True)
        return tuple(low + (high - low) * draws.uniform() for low, high in bounds)

    def _first_stock(self) -> float:
        """One of 16 from the least to the largest."""
        low, high = self.config.stock or (0.0, 0.0)
        place = Draws(self.seed, self.env_id, "pair_stock", episode=self.episode).below(16)
        return low + (high - low) * (place / 15)

    @property
    def closes(self) -> bool:
        """Whether the decision to come closes a session."""
        return self.config.objective == "cvar" and self.k + 1 >= self.limit

    # ---- one decision
    def step(self, action: int) -> tuple[np.ndarray, float, bool, bool]:
        """Trade to what the action asks for, then let the world go on to the next decision."""
        closes = self.closes
        if closes:
            self._aim(0.0)
        elif self.legal()[action]:
            self._aim(self._target(action))
        else:
            self.illegal += 1
        seen = self.world.quotes()
        met = self.world.met()
        self._trade(seen, met)
        self.world.step()
        if closes:
            self._close()
        self.windows.push(*self.world.show())
        before, self.wealth = self.wealth, self._wealth(self.world.quotes())
        gain = (self.wealth - before) / self.unit_of_reward
        self.stock += gain
        reward = self._reward(gain)
        self.earned += reward
        self.k += 1
        terminated = self.wealth / self.unit_of_reward <= -self.config.ruin
        over = not terminated and self.k >= self.limit
        closed = over and self.config.objective == "cvar"
        return self.observe(), reward, terminated or closed, over and not closed

    @property
    def unit_of_reward(self) -> float:
        """U in half quanta."""
        return 2.0 * self.world.ticks * round(self.config.notional) * self.config.s

    def _target(self, action: int) -> float:
        return 2.0 * action / (self.config.n_actions - 1) - 1.0

    def legal(self) -> list[bool]:
        """Whether each action is legal now."""
        limit = self.config.loss_limit
        lost = limit is not None and self.wealth / self.unit_of_reward <= -limit
        only_flat = self.closes or lost or self.stands_down or not 0.2 <= self.windows.beta <= 5.0
        return [not only_flat or 2 * a == self.config.n_actions - 1 for a in range(self.config.n_actions)]

    def _aim(self, target: float) -> None:
        """Freeze the lots of a whole position at the mids of the decision."""
        if target == self.target:
            return
        self.target = target
        ratios = (1.0, self.windows.beta)
        for leg, (bid, ask, _), ratio, sign in zip(
            self.legs, self.world.quotes(), ratios, (1, -1), strict=True
        ):
            mid = 0.5 * (bid + ask)
            leg.unit = max(1, away(ratio * round(self.config.notional) * self.world.ticks / mid))
            leg.wanted = sign * away(target * leg.unit)

    def _trade(self, seen: Any, met: Any) -> None:
        cost, side = self.cost, np.sign(self.position)
        for leg, (seen_bid, seen_ask, _), (bid, ask, depth) in zip(self.legs, seen, met, strict=True):
            missing = leg.wanted - leg.lots
            way, missing = (1, missing) if missing > 0 else (-1, -missing)
            slip = 2**30 if self.closes else self.config.slip_ticks
            limit = seen_ask + slip if way > 0 else seen_bid - slip
            for level in range(LEVELS):
                price = ask + level if way > 0 else bid - level
                if self.config.at_mid:
                    self._fill(leg, way * missing, bid + ask, bid + ask)
                    missing = 0
                if missing == 0 or way * price > way * limit:
                    break
                lots = min(missing, depth)
                self._fill(leg, way * lots, 2 * price, bid + ask)
                missing -= lots
        self.last_cost = self.cost - cost
        if np.sign(self.position) == side:
            self.age += int(side != 0)
        else:
            self.opened, self.age = self._wealth(met), 0
        apart = any(leg.lots != leg.wanted for leg in self.legs)
        self.apart += apart
        self.legged += apart and not self.was_apart
        self.was_apart = apart

    def _close(self) -> None:
        """What the orders of a close left goes at the touch of the next decision."""
        cost = self.cost
        for i, (leg, (bid, ask, _)) in enumerate(zip(self.legs, self.world.quotes(), strict=True)):
            if leg.lots:
                self._force(i, -leg.lots, bid, ask)
            leg.wanted = 0
        self.last_cost += self.cost - cost
        self.age, self.was_apart = 0, False

    def _force(self, i: int, lots: int, bid: int, ask: int) -> None:
        touch = ask if lots > 0 else bid
        self._fill(self.legs[i], lots, bid + ask if self.config.at_mid else 2 * touch, bid + ask)

    def _fill(self, leg: Leg, lots: int, price2: int, mid2: int) -> None:
        fee = half_up(abs(lots) * price2 * self.world.fee_ppb, 10**9)
        leg.cash -= lots * price2 + fee
        leg.lots += lots
        self.cost += fee + lots * (price2 - mid2)
        self.traded += abs(lots) * price2

    def _wealth(self, quotes: Any) -> int:
        return sum(
            leg.cash + leg.lots * (bid + ask) for leg, (bid, ask, _) in zip(self.legs, quotes, strict=True)
        )

    @property
    def shares(self) -> tuple[float, float]:
        """Share of a whole position that each leg holds."""
        one, two = (leg.lots / leg.unit if leg.unit else 0.0 for leg in self.legs)
        return one, -two

    @property
    def position(self) -> float:
        """Mean share of both legs."""
        return 0.5 * (self.shares[0] + self.shares[1])

    # ---- rewards (spec 3.6)
    def _reward(self, r: float) -> float:
        if self.config.reward == "pnl":
            return r - self.config.risk_aversion * r * r
        a, b = self.first, self.second
        da, db = r - a, r * r - b
        self.first, self.second = a + 0.01 * da, b + 0.01 * db
        return max(-10.0, min(10.0, (b * da - 0.5 * a * db) / (b - a * a) ** 1.5))

    # ---- observations (spec 3.5)
    def observe(self) -> np.ndarray:
        """What the policy sees, float32."""
        in_flight = self.target - self.position if self.was_apart else 0.0
        held = any(leg.lots for leg in self.legs)
        unrealised = (self.wealth - self.opened) / self.unit_of_reward if held else 0.0
        own = [self.position, abs(self.position), in_flight, self.shares[0] - self.shares[1], unrealised]
        left = 1.0 - self.k / self.config.episode_len
        cost = self.world.cost_now()
        if self.config.features == "full":
            own += [math.log1p(self.age) / 10, 0.0, 0.0, 0.0]
            time = [0.0, 1.0, left, cost, self.theta[2] / (1e3 * self.config.dt)]
        else:
            time = [left, cost]
        extra: list[float] = []
        if self.config.reward == "differential_sharpe":
            extra += [self.first / math.sqrt(self.second), math.sqrt(self.second)]
        if self.config.theta_in_obs:
            extra += list(self.theta)
        if self.config.objective == "cvar":
            extra.append(self.stock / self.config.stock_unit)
        numbers = clip([*self.windows.columns(self.world.quotes()), *own, *time, *extra])
        return np.array([*numbers, *map(float, self.legal())], dtype=np.float32)

    def totals(self) -> list[float]:
        """As ``ep_stats``."""
        unit = self.unit_of_reward
        whole = 4.0 * self.world.ticks * round(self.config.notional)
        return [
            self.earned,
            self.k - self.skipped,
            self.wealth / unit,
            self.cost / unit,
            self.traded / whole,
            self.legged,
            self.apart * self.config.dt * 1e9,
            self.illegal,
        ]
