"""Simulated pairs, one decision at a time: draws, spread, books, latencies."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from quantrl import _core
from quantrl.rng import CHANNELS

Quote = tuple[int, int, int]


class Draws:
    """Words of one address: key (seed, env), counter (block, draw, channel, episode), from a block on."""

    def __init__(
        self, seed: int, env_id: int, channel: str, draw: int = 0, episode: int = 0, block: int = 0
    ) -> None:
        self.address = (seed, env_id, draw, CHANNELS[channel], episode)
        self.words: list[int] = []
        self.block = block

    def word(self) -> int:
        """Next 64-bit word."""
        if not self.words:
            seed, env_id, *counter = self.address
            self.words = list(_core.philox_block(seed, env_id, (self.block, *counter)))
            self.block += 1
        return self.words.pop(0)

    def below(self, bound: int) -> int:
        """Integer in [0, bound)."""
        return (self.word() * bound) >> 64

    def uniform(self) -> float:
        """Uniform in [0, 1)."""
        return (self.word() >> 11) * 2.0**-53

    def normal(self) -> float:
        """Standard normal by inversion."""
        p = ((self.word() >> 11) + 0.5) * 2.0**-53
        return float(_core.normal_quantile(np.array([p]))[0])


class World:
    """The pair of one environment, which goes on from episode to episode.

    Attributes
    ----------
    theta : tuple of float
        Fee, spread, latency in ms, fill, volatility.
    """

    def __init__(self, config: Any, seed: int, env_id: int) -> None:
        self.config, self.key = config, (seed, env_id)
        self.decision, self.common = 0, 0.0
        self.theta: tuple[float, ...] = (1.0, 1.0, 0.0, 1.0, 1.0)
        self.phi = math.exp(-config.kappa_dt)
        self.step_sd = config.step_sd or math.sqrt(-math.expm1(-2 * config.kappa_dt))
        self.ticks = 1e9 if config.venue == "ou" else 1e5
        self.y = self._normal("pair_spread") if config.kappa_dt else 0.0

    def _draws(self, channel: str) -> Draws:
        return Draws(*self.key, channel, draw=self.decision)

    def _normal(self, channel: str) -> float:
        return self._draws(channel).normal()

    def step(self) -> None:
        """One decision on."""
        self.decision += 1
        self.y = self.phi * self.y + self.step_sd * self._normal("pair_spread")
        if self.config.venue == "books":
            self.common += 2e-4 * self._normal("pair_common")

    @property
    def x(self) -> float:
        """Log spread."""
        return self.config.s * self.theta[4] * self.y

    def show(self) -> tuple[list[float], list[Quote]]:
        """Log mids as a decision sees them, and quotes."""
        quotes = self.quotes()
        if self.config.venue == "ou":
            return [0.5 * self.x, -0.5 * self.x], quotes
        return [math.log(bid + ask) for bid, ask, _ in quotes], quotes

    def quotes(self) -> list[Quote]:
        """Bid, ask and lots on each level, of both legs."""
        return self._quotes(self.y, self.common)

    def _quotes(self, y: float, common: float) -> list[Quote]:
        x = self.config.s * self.theta[4] * y
        half, depth = 0, 2**62
        if self.config.venue == "books":
            half = self._half_ticks(self.theta[1])
            depth = max(1, math.floor(self.config.depth * round(self.config.notional) + 0.5))
        mids = [math.floor(self.ticks * math.exp(common + sign * x / 2) + 0.5) for sign in (1, -1)]
        return [(mid - half, mid + half, depth) for mid in mids]

    def _half_ticks(self, mult: float) -> int:
        return math.floor(0.25 * self.config.cost * self.config.s * self.ticks * mult + 0.5)

    @property
    def fee_ppb(self) -> int:
        """Fee on the value of each leg's trade."""
        cost, (fee, spread, *_) = self.config.cost * self.config.s, self.theta
        if self.config.venue == "ou":
            return math.floor(1e9 * (cost / 4 * fee + cost / 4 * spread) + 0.5)
        return math.floor(1e9 * (cost / 2 - self._half_ticks(1.0) / self.ticks) * fee + 0.5)

    def cost_now(self) -> float:
        """k_now / s."""
        halves = 0.0
        if not self.config.at_mid:
            halves = sum((ask - bid) / (ask + bid) for bid, ask, _ in self.quotes())
        return (2e-9 * self.fee_ppb + halves) / self.config.s

    def met(self) -> list[Quote]:
        """What each leg's order meets when it arrives, before the next decision."""
        if self.theta[2] == 0.0:
            return self.quotes()
        now, later = (self.y, self.common), World(self.config, *self.key)
        later.decision, later.y, later.common = self.decision, self.y, self.common
        later.step()
        at = [
            min(
                1.0,
                self.theta[2] * (0.5 + self._draws(f"pair_latency_{leg}").uniform()) / (1e3 * self.config.dt),
            )
            for leg in (1, 2)
        ]
        noise, since, quotes = self._draws("pair_bridge"), 0.0, [(0, 0, 0)] * 2
        for leg in sorted((0, 1), key=lambda leg: at[leg]):
            spans = at[leg] - since, 1.0 - at[leg]
            a, b = noise.normal(), noise.normal()
            now = self._reverting(now[0], later.y, *spans, a), self._walking(now[1], later.common, *spans, b)
            quotes[leg], since = self._quotes(*now)[leg], at[leg]
        return quotes

    def _reverting(self, start: float, end: float, before: float, after: float, noise: float) -> float:
        """Gaussian conditioning: y_b given y_0, and y_1 = e^{-kappa a} y_b + noise."""
        kappa, whole = self.config.kappa_dt, self.step_sd**2
        if kappa:
            var = [whole * math.expm1(-2 * kappa * t) / math.expm1(-2 * kappa) for t in (before, after)]
        else:
            var = [whole * before, whole * after]
        prior, decay = math.exp(-kappa * before) * start, math.exp(-kappa * after)
        total = decay**2 * var[0] + var[1]
        if total == 0.0:
            return start
        gain = decay * var[0] / total
        return prior + gain * (end - decay * prior) + math.sqrt(max(0.0, var[0] * var[1] / total)) * noise

    @staticmethod
    def _walking(start: float, end: float, before: float, after: float, noise: float) -> float:
        if before + after == 0.0:
            return start
        sd = 2e-4 * math.sqrt(before * after / (before + after))
        return start + before / (before + after) * (end - start) + sd * noise
