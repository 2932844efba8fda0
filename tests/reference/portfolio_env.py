"""The portfolio environment as slowly and obviously as it can be written: one account, one bar at a time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from reference.portfolio_rules import (
    GUARD,
    Draws,
    Statistics,
    grow,
    log_inverse_vol,
    target_of,
    trade,
)

CHANNELS = ("start_row", "assets", "start_weights")


class ReferenceEnv:
    """One environment.

    Parameters
    ----------
    market : object
        With `features` (rows, n, F) log prices, `cc` `co` `oc` (rows, n), `can_buy` `can_sell` (rows, n), `first` (n,)
        and `periods_per_year`.
    config : PortfolioConfig
    seed, env_id : int
        Key of every draw.
    start, end : int
        Rows [start, end) may be read; an evaluation decides on row `start` first, and its windows look further back.
    evaluation : bool
        One episode to the last row; statistics and clock restart every T decisions.
    warm_up : int
        Bars before a Sharpe ratio counts.

    Attributes
    ----------
    wealth, weights, target, ids : float, (K + 1,), (K + 1,), list of int
        In units of the start; drifted, cash first; last traded to, NaN where kept; columns of the market.
    t, k, bars : int
        Last visible row; decisions since the restart; bars of this episode.
    bar_returns : list of float
        Simple net returns of the bars of the last decision.
    """

    def __init__(
        self,
        market: Any,
        config: Any,
        seed: int,
        env_id: int,
        start: int,
        end: int,
        evaluation: bool = False,
        warm_up: int = 20,
    ) -> None:
        self.market, self.config = market, config
        self.seed, self.env_id = seed, env_id
        self.start, self.end, self.evaluation, self.warm_up = start, end, evaluation, warm_up
        self.n_all = market.cc.shape[1]
        self.n_assets = config.n_assets or self.n_all

    # ---- episodes
    def reset(self, episode: int) -> np.ndarray:
        """Begin an episode and return its first observation."""
        draws = {name: Draws(self.seed, self.env_id, name, episode) for name in CHANNELS}
        self.t = self._start_row(draws["start_row"])
        self.ids = list(range(self.n_all))
        if self.config.assets == "random":
            full = [j for j in self.ids if self.market.first[j] <= self.t - self.config.window + 1]
            self.ids = draws["assets"].choose(full, self.n_assets)
        self.weights = np.eye(self.n_assets + 1)[0]
        if self.config.start_weights == "dirichlet" and not self.evaluation:
            self.weights = draws["start_weights"].dirichlet(self.n_assets + 1)
        self.target = self.weights.copy()
        self.wealth, self.bars = 1.0, 0
        self._restart()
        return self.observe()

    def _restart(self) -> None:
        self.k, self.peak, self.turnover = 0, self.wealth, 0.0
        annual = self.config.periods_per_year or self.market.periods_per_year
        self.statistics = Statistics(self.config.reward, annual, self.warm_up)

    def _start_row(self, draws: Draws) -> int:
        """Row of the last bar that is visible at the start (spec 2.1 for ``released``, else 3.3)."""
        if self.evaluation:
            return self.start
        window, bars = self.config.window, self.config.episode_len * self.config.decision_every
        if self.config.obs == "released":
            low, high = self.start + window + 1, self.end - bars - 3
            return low + draws.below(high - low) - 1
        low = self.start + window - 1
        return low + draws.below(self.end - bars - low)

    # ---- one decision
    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool]:
        """Trade to what the action asks for, then drift to the next decision."""
        asked = target_of(action, self.config.action_map, self.config.temperature, self._log_base())
        self.bar_returns: list[float] = []
        earned = 0.0
        for bar in range(self.config.decision_every):
            earned += self._bar(asked if bar == 0 else None)
            if self.wealth <= self.config.ruin_level or self.t == self.end - 1:
                break
        self.k += 1
        terminated, truncated = self._ends()
        reward = self._reward(earned, terminated or truncated) - self.config.turnover_penalty * self.turnover
        if self.evaluation and self.k == self.config.episode_len and not (terminated or truncated):
            self._restart()
        return self.observe(), reward, terminated, truncated

    def _log_base(self) -> np.ndarray:
        base = self.config.base
        if base == "equal":
            return np.zeros(self.n_assets + 1)
        if base == "inverse_vol":
            return log_inverse_vol(self.market.cc, self.t, self.ids)
        return np.log(np.array(base))

    def _bar(self, asked: np.ndarray | None) -> float:
        """Live through one bar and return what it adds to a reward that sums over bars."""
        before, row = self.wealth, self.t + 1
        if asked is None:
            self._earn(self.market.cc[row])
        elif self.config.fill == "next_open":
            self._earn(self.market.co[row])
            self._trade(asked, row)
            self._earn(self.market.oc[row])
        else:
            self._earn(self.market.cc[row])
            self._trade(asked, row)
        self.t, self.bars = row, self.bars + 1
        self.peak = max(self.peak, self.wealth)
        simple = self.wealth / before - 1.0
        self.bar_returns.append(simple)
        return self._record(simple, before)

    def _earn(self, relatives: np.ndarray) -> None:
        self.weights, factor = grow(self.weights, relatives[self.ids], self.config.growth)
        self.wealth *= factor

    def _trade(self, asked: np.ndarray, row: int) -> None:
        self.target = asked.copy()
        if np.isnan(asked).all():
            self.weights[0], self.turnover = 1.0 - self.weights[1:].sum(), 0.0
            return
        up, held = asked[1:] > self.weights[1:], asked[1:] != self.weights[1:]
        can_buy = self.market.can_buy[row][self.ids] != 0
        can_sell = self.market.can_sell[row][self.ids] != 0
        blocked = held & np.where(up, ~can_buy, ~can_sell)
        done = trade(self.weights, asked, self._rate("buy"), self._rate("sell"), self.config.sizing, blocked)
        self.target[1:][blocked] = np.nan
        self.weights, self.turnover = done.weights, done.turnover
        self.wealth *= done.left

    def _rate(self, side: str) -> np.ndarray:
        bps = getattr(self.config, f"{side}_bps")
        bps = self.config.cost_bps if bps is None else bps
        return np.broadcast_to(np.array(bps) * 1e-4, (self.n_all,))[self.ids]

    # ---- rewards (spec 3.6)
    def _record(self, simple: float, before: float) -> float:
        if self.config.reward == "avg_sharpe":
            guard = GUARD if self.config.growth == "geometric" else 0.0
            self.statistics.returns.append(math.log((self.wealth + guard) / (before + guard)))
            return 0.0
        self.statistics.returns.append(simple)
        if self.config.reward == "differential_sharpe":
            return self.statistics.differential(simple)
        return math.log(1.0 + simple)

    def _ends(self) -> tuple[bool, bool]:
        if self.wealth <= self.config.ruin_level:
            return True, False
        finite = self.config.reward in ("avg_sharpe", "markov_sharpe", "terminal_sharpe")
        over = self.t == self.end - 1 if self.evaluation else self.k == self.config.episode_len
        return over and finite, over and not finite

    def _reward(self, earned: float, over: bool) -> float:
        now, config = self.statistics, self.config
        if config.reward == "avg_sharpe":
            annual = math.sqrt(now.periods_per_year)
            return annual * now.mean / (now.std + 1e-7) / config.episode_len
        if config.reward == "markov_sharpe":
            return now.sharpe / config.episode_len
        if config.reward == "terminal_sharpe":
            last, now.potential = now.potential, now.sharpe
            over = over or self.k == config.episode_len
            return (1.0 if over else config.gamma) * now.potential - last
        return earned

    # ---- observations (spec 3.8)
    def observe(self) -> np.ndarray:
        """What the policy sees at the end of row t, float32."""
        if self.config.obs == "released":
            image = self._image()
            chosen = np.where(np.isnan(self.target), self.weights, self.target)[1:]
            first = np.broadcast_to(chosen, (image.shape[0], 1, self.n_assets))
            return np.concatenate([first, image], axis=1).ravel().astype(np.float32)
        if self.config.obs == "image":
            head = self._image().ravel()
        else:
            ids = self.ids if self.config.assets == "random" else []
            head = np.array([self.t, *ids], dtype=np.float64)
        return np.concatenate([head, self.weights, self._stats()]).astype(np.float32)

    def _stats(self) -> np.ndarray:
        first, second = self.statistics.scaled()
        clock = self.k / self.config.episode_len
        s = [clock, first, second, self.wealth / self.peak - 1.0, self.turnover]
        return np.clip(s, -10.0, 10.0)

    def _image(self) -> np.ndarray:
        """(F, W, K), oldest bar first, each asset divided by its last close."""
        rows = slice(self.t - self.config.window + 1, self.t + 1)
        logs = self.market.features[rows][:, self.ids].astype(np.float64)
        relative = (logs - logs[-1:, :, :1]).transpose(2, 0, 1)
        return 100.0 * relative if self.config.norm == "log100" else np.exp(relative)
