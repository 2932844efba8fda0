"""From settings to the engine's batch, and the arrays it writes into."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantrl import _core
from quantrl.envs._steps import Arrays, Step, TwoSets
from quantrl.envs.layout import ObsLayout
from quantrl.envs.market import Market
from quantrl.envs.portfolio import RELEASED, PortfolioConfig
from quantrl.errors import ConfigError, OrderError
from quantrl.runs import canonical_json
from quantrl.typing import FloatArray
from quantrl.units import ns_from_iso

if TYPE_CHECKING:
    from quantrl.data import Panel

MODES = ("train", "released", "evaluate")


@dataclass(frozen=True)
class Segment:
    """Half-open range of rows an environment may read."""

    start: int
    stop: int

    @staticmethod
    def of(market: Market, start: int | str | None, until: int | str | None) -> Segment:
        """Rows, or dates of which the last is included; None is an end of the market."""
        rows = len(market.time)
        first = 0 if start is None else _row(market, start, end_of_day=False)
        return Segment(first, rows if until is None else _row(market, until, end_of_day=True))


def _row(market: Market, at: int | str, *, end_of_day: bool) -> int:
    if isinstance(at, str):
        t_ns = ns_from_iso(at, end_of_day=end_of_day)
        return market.row_at(t_ns if end_of_day else t_ns - 1)
    return int(at)


def as_market(data: Panel | Market, config: PortfolioConfig) -> Market:
    """A market as it is, or that of a panel."""
    return data if isinstance(data, Market) else Market.of(data, config)


class Batch(TwoSets[Arrays]):
    """N environments on one market."""

    totals = ("r", "l", "wealth")

    def __init__(
        self,
        market: Market,
        config: PortfolioConfig,
        *,
        n_envs: int,
        seed: int,
        segment: Segment,
        mode: str | None = None,
        env_id0: int = 0,
        threads: int = 1,
        record: bool = False,
    ) -> None:
        self.market, self.config, self.n = market, config, n_envs
        self.mode = mode or default_mode(config)
        self.layout = ObsLayout.of(config, market.shape[2], market.shape[1])
        self.core = _core.PortfolioBatch(
            market.core,
            core_settings(market, config, self.mode),
            n_envs=n_envs,
            seed=seed,
            env_id0=env_id0,
            start=segment.start,
            end=segment.stop,
            threads=threads,
            record=record,
            fingerprint=fingerprint(market, config, self.mode),
        )
        super().__init__(*(Arrays(n_envs, self.layout.size, len(self.totals)) for _ in range(2)))

    def step(self, actions: ArrayLike, active: NDArray[np.uint8] | None = None) -> Step:
        """One decision of every environment.

        Raises
        ------
        OrderError
            NaN, infinity or a wrong shape; under ``identity`` weights that are no portfolio: names the environment.
        """
        given = np.ascontiguousarray(actions, dtype=np.float32)
        if given.shape != (self.n, self.layout.n_actions):
            expected = (self.n, self.layout.n_actions)
            raise OrderError(f"actions: expected shape {expected}, got {given.shape}")
        arrays = self._next()
        return arrays.step(self.core.step_into(given, *arrays.all(), active))


def default_mode(config: PortfolioConfig) -> str:
    """``released`` for the released observation, whose start rows are its own; else ``train``."""
    return "released" if config.obs == RELEASED.obs else "train"


def action_range(config: PortfolioConfig) -> tuple[float, float]:
    """Bounds of every number of an action."""
    return (-1.0, 1.0) if config.action_map == "tilt" else (0.0, 1.0)


def rates(config: PortfolioConfig, side: str, n: int) -> FloatArray:
    """(n,) basis points of one side.

    Raises
    ------
    ConfigError
        Given per name, for another number of names.
    """
    given = getattr(config, f"{side}_bps")
    values = np.asarray(config.cost_bps if given is None else given, dtype=np.float64)
    if values.ndim and values.shape != (n,):
        raise ConfigError(f"env.{side}_bps: expected one rate or {n}, got {values.size}")
    return np.array(np.broadcast_to(values, (n,)))


def fingerprint(market: Market, config: PortfolioConfig, mode: str) -> bytes:
    """32 bytes that name market and settings in a saved state."""
    text = canonical_json([market.id, mode, config.model_dump(mode="json")])
    return hashlib.sha256(text.encode()).digest()


def core_settings(market: Market, config: PortfolioConfig, mode: str) -> _core.PortfolioSettings:
    """The engine's own form of the settings."""
    n = market.shape[1]
    weights = np.array(config.base, dtype=np.float64) if isinstance(config.base, tuple) else None
    if weights is not None and weights.shape != (n + 1,):
        raise ConfigError(f"env.base: expected {n + 1} weights, cash first, got {weights.size}")
    return _core.PortfolioSettings(
        **_plain(config),
        n_features=market.shape[2],
        n_assets=n if config.n_assets is None else config.n_assets,
        random_assets=config.assets == "random",
        buy_bps=rates(config, "buy", n),
        sell_bps=rates(config, "sell", n),
        base_rows=market.log_inverse_vol if config.base == "inverse_vol" else None,
        base_weights=weights,
        periods_per_year=market.periods_per_year,
        start_cash=config.start_weights == "cash" or mode == "evaluate",
        mode=mode,
    )


def plain_settings(
    config: PortfolioConfig, n: int, n_features: int, periods_per_year: float
) -> _core.PortfolioSettings:
    """Rules without a market: what an agent needs that keeps its own statistics on n names.

    A rate per name holds for the names of training alone; on another number of names their mean is charged.
    """

    def side(name: str) -> FloatArray:
        given = getattr(config, f"{name}_bps")
        values = np.asarray(config.cost_bps if given is None else given, dtype=np.float64)
        return values.copy() if values.shape == (n,) else np.full(n, values.mean())

    return _core.PortfolioSettings(
        **_plain(config),
        n_features=n_features,
        n_assets=n,
        random_assets=False,
        buy_bps=side("buy"),
        sell_bps=side("sell"),
        base_rows=None,
        base_weights=None,
        periods_per_year=periods_per_year,
        start_cash=True,
        mode="evaluate",
    )


def _plain(config: PortfolioConfig) -> dict[str, Any]:
    same = (
        "window", "obs", "norm", "episode_len", "decision_every", "growth", "sizing", "action_map",
        "temperature", "reward", "turnover_penalty", "gamma", "ruin_level",
    )  # fmt: skip
    return {name: getattr(config, name) for name in same} | {"at_open": config.fill == "next_open"}
