"""Settings of a portfolio environment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from quantrl.errors import ConfigError

Bps = Annotated[float, Field(ge=0, lt=10_000, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class PortfolioConfig(BaseModel):
    """What an episode is: clock, costs, action, reward and observation. Frozen; unknown fields are refused.

    Parameters
    ----------
    window : int
        W, bars an observation covers.
    episode_len : int
        T, decisions in a training episode; in evaluation statistics restart every T decisions.
    decision_every : int
        Bars between decisions; the first trades, the others drift.
    fill : {"next_open", "next_close"}
        Where a decision is filled. A panel without opens must name ``next_close``.
    growth : {"arithmetic", "geometric"}
        How wealth compounds: w.y, or exp(sum w ln y) to replay arXiv 2412.18563.
    sizing : {"post_cost", "first_order"}
        As in the bar engine.
    cost_bps, buy_bps, sell_bps : float or (n,) tuple
        Basis points a side; the last two override the first.
    action_map : {"tilt", "softmax01", "identity"}
        From action to target weights, cash first.
    temperature : float
        tau of ``tilt``.
    base : "equal", "inverse_vol" or (n + 1,) tuple
        What action 0 of ``tilt`` holds.
    reward : str
        ``markov_sharpe``, ``avg_sharpe``, ``terminal_sharpe``, ``differential_sharpe`` or ``log_return``.
    turnover_penalty : float
        lambda; every reward is less lambda times the turnover of its decision.
    gamma : float
        Discount of the algorithm; ``terminal_sharpe`` is shaped with it.
    assets : {"fixed", "random"}
        All names, or `n_assets` of them drawn per episode.
    n_assets : int, optional
        K of ``random``.
    start_weights : {"dirichlet", "cash"}
        What an episode starts with.
    obs : {"index", "image", "released"}
        See `ObsLayout`.
    norm : {"log100", "ratio"}
        Scale of an image: 100 ln(p / p_last close), or p / p_last close.
    features : tuple of str, optional
        Price columns, ``close`` first; by default close, high, low, open as far as the panel has them.
    ruin_level : float
        Wealth, in units of the start, at or below which an episode ends.
    periods_per_year : float, optional
        A; by default that of the panel, never guessed.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    window: Annotated[int, Field(ge=2, le=10_000)] = 50
    episode_len: Annotated[int, Field(ge=1, le=1_000_000)] = 48
    decision_every: Annotated[int, Field(ge=1, le=10_000)] = 5
    fill: Literal["next_open", "next_close"] = "next_open"
    growth: Literal["arithmetic", "geometric"] = "arithmetic"
    sizing: Literal["post_cost", "first_order"] = "post_cost"
    cost_bps: Bps | tuple[Bps, ...] = 25.0
    buy_bps: Bps | tuple[Bps, ...] | None = None
    sell_bps: Bps | tuple[Bps, ...] | None = None
    action_map: Literal["tilt", "softmax01", "identity"] = "tilt"
    temperature: Positive = 2.0
    base: Literal["equal", "inverse_vol"] | tuple[Positive, ...] = "equal"
    reward: Literal["markov_sharpe", "avg_sharpe", "terminal_sharpe", "differential_sharpe", "log_return"] = (
        "markov_sharpe"
    )
    turnover_penalty: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    gamma: Annotated[float, Field(gt=0, le=1)] = 0.99
    assets: Literal["fixed", "random"] = "fixed"
    n_assets: Annotated[int, Field(ge=1)] | None = None
    start_weights: Literal["dirichlet", "cash"] = "dirichlet"
    obs: Literal["index", "image", "released"] = "index"
    norm: Literal["log100", "ratio"] = "log100"
    features: tuple[str, ...] | None = None
    ruin_level: Annotated[float, Field(gt=0, lt=1)] = 1e-6
    periods_per_year: Positive | None = None

    @classmethod
    def of(cls, **settings: Any) -> PortfolioConfig:
        """Settings checked with one-line errors.

        Raises
        ------
        ConfigError
            An unknown field or a value out of range: names the field and what came.
        """
        try:
            return cls(**settings)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in problem["loc"]) or "config"
            message = problem["msg"].removeprefix("Value error, ")
            raise ConfigError(f"env.{field}: {message}, got {problem.get('input')!r}") from None

    @model_validator(mode="after")
    def _consistent(self) -> PortfolioConfig:
        if (self.assets == "random") != (self.n_assets is not None):
            raise ValueError("n_assets goes with assets='random', and only with it")
        if self.features is not None and (not self.features or self.features[0] != "close"):
            raise ValueError("features start with close: windows are scaled by the last close")
        if self.assets == "random" and isinstance(self.base, tuple):
            raise ValueError("base as weights needs fixed assets")
        return self

    def replace(self, **changes: Any) -> PortfolioConfig:
        """The settings with some changed, checked again."""
        return type(self).of(**{**self.model_dump(), **changes})


RELEASED = PortfolioConfig(
    window=50,
    episode_len=128,
    decision_every=1,
    fill="next_close",
    growth="geometric",
    sizing="first_order",
    action_map="softmax01",
    reward="avg_sharpe",
    start_weights="cash",
    obs="released",
    norm="ratio",
)
"""The rules of the code released with arXiv 2412.18563."""
