"""Settings of a pair environment."""

from __future__ import annotations

import math
import warnings
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from quantrl.errors import ConfigError

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Theta = tuple[NotNegative, NotNegative, NotNegative, NotNegative, NotNegative]

THETA = ("fee_mult", "spread_mult", "latency_ms", "fill_prob", "vol_mult")
"""Domain parameters of an episode, in order."""
NOMINAL: Theta = (1.0, 1.0, 0.0, 1.0, 1.0)
"""`THETA` that leaves everything as configured."""
CLOCK = (0.002, 0.2)
"""kappa * dt outside of which the clock is too fine or too coarse for the spread."""


class PairConfig(BaseModel):
    """What an episode is: world, clock, costs, actions, reward and observation. Frozen; unknown fields are refused.

    Make one with `ou` or `books`. A position of 1 is `notional` long the first leg and short the second.

    Parameters
    ----------
    venue : {"ou", "books"}
        ``ou``: an exact Ornstein-Uhlenbeck log spread x, filled at mid, costs charged in money. ``books``: the same
        spread and a common random walk of 2 bp a decision in two books at a price of 100 with a tick of 0.1 bp, lots of
        0.01, five levels of depth and fees.
    kappa_dt : float
        Reversion per decision, 0 for a random walk (then `step_sd` is needed); outside 0.002 to 0.2 a warning.
    s : float
        Stationary standard deviation of x, log units.
    cost : float
        k / s: cost of one unit of position change in units of `s`, half of it spread and half fees.
    dt : float
        Seconds between decisions.
    step_sd : float, optional
        Standard deviation of one step in units of `s`; by default sqrt(1 - exp(-2 kappa_dt)).
    notional : float
        Quote currency, 1 to 1e6; lots are rounded to whole ones.
    actions : {"A3", "A5"}
        Targets -1, 0, 1 or -1, -1/2, 0, 1/2, 1, in this order.
    execution : {"touch", "mid"}, optional
        ``mid`` fills free of spreads and fees and is for `cost` 0; ``touch`` takes the opposite side of the book. By
        default ``mid`` for ``ou`` and for `cost` 0.
    slip_ticks : int
        Ticks an order may pay beyond the touch it saw.
    depth : float
        Whole positions that rest on each level of a book.
    features : {"core", "full"}
        See `PairLayout`.
    z : {"known", "rolling"}
        z by the constants of the world, or by the last W spreads.
    hedge : {"fixed", "rolling"}
        beta 1, or a regression of the log mids over the last W decisions.
    window : int, optional
        W in decisions; by default 20 half-lives.
    episode_len : int
        T decisions; the first episodes of a training batch are shorter, so that not all end at once.
    ruin : float
        Loss in U = notional * s that ends an episode for good.
    loss_limit : float, optional
        Loss in U from which on only flat is legal.
    reward : {"pnl", "differential_sharpe"}
        R - risk_aversion R^2 with R the change of wealth in U, or the differential Sharpe ratio of R.
    risk_aversion : float
        lambda of ``pnl``.
    counterfactual : bool
        Each step also gives what every action would have earned, and the own position it would have left.
    theta_low, theta_high : (5,) tuple of float
        Bounds between which `THETA` is drawn for each episode. A mean latency must stay below dt / 1.5; ``fill_prob`` is of
        passive orders, and aggressive ones take no notice of it.
    theta_in_obs : bool
        Whether an observation shows it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: Literal["ou", "books"] = "books"
    kappa_dt: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.02
    s: Annotated[float, Field(gt=0, le=0.1)] = 20e-4
    cost: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.2
    dt: Annotated[float, Field(ge=1e-3, le=86_400)] = 1.0
    step_sd: Annotated[float, Field(gt=0, le=10)] | None = None
    notional: Annotated[float, Field(ge=1, le=1e6)] = 10_000.0
    actions: Literal["A3", "A5"] = "A3"
    execution: Literal["touch", "mid"] | None = None
    slip_ticks: Annotated[int, Field(ge=0, le=100_000)] = 50
    depth: Annotated[float, Field(gt=0, le=1e6)] = 4.0
    features: Literal["core", "full"] = "core"
    z: Literal["known", "rolling"] = "known"
    hedge: Literal["fixed", "rolling"] = "fixed"
    window: Annotated[int, Field(ge=4, le=100_000)] | None = None
    episode_len: Annotated[int, Field(ge=1, le=10_000_000)] = 2048
    ruin: Positive = 20.0
    loss_limit: Positive | None = None
    reward: Literal["pnl", "differential_sharpe"] = "pnl"
    risk_aversion: NotNegative = 0.0
    counterfactual: bool = False
    theta_low: Theta = NOMINAL
    theta_high: Theta = NOMINAL
    theta_in_obs: bool = False

    @classmethod
    def of(cls, **settings: Any) -> PairConfig:
        """Settings checked with one-line errors.

        Raises
        ------
        ConfigError
            An unknown field or a value out of range: names the field and what came.
        """
        try:
            config = cls(**settings)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
            field = ".".join(str(part) for part in problem["loc"]) or "config"
            message = problem["msg"].removeprefix("Value error, ")
            raise ConfigError(f"pair.{field}: {message}, got {problem.get('input')!r}") from None
        if config.kappa_dt and not CLOCK[0] <= config.kappa_dt <= CLOCK[1]:
            message = f"pair.kappa_dt: expected {CLOCK[0]} to {CLOCK[1]}, got {config.kappa_dt}"
            warnings.warn(message, stacklevel=3)
        return config

    @classmethod
    def ou(cls, **settings: Any) -> PairConfig:
        """The exact spread without books; fields as above."""
        return cls.of(**{**settings, "venue": "ou"})

    @classmethod
    def books(cls, **settings: Any) -> PairConfig:
        """The spread in two order books; fields as above."""
        return cls.of(**{**settings, "venue": "books"})

    @model_validator(mode="after")
    def _consistent(self) -> PairConfig:
        if self.kappa_dt == 0 and self.step_sd is None:
            raise ValueError("kappa_dt = 0 is a random walk and needs step_sd")
        if self.execution == "touch" and self.venue == "ou":
            raise ValueError("execution='touch' needs books")
        if self.hedge == "rolling" and self.venue == "ou":
            raise ValueError("hedge='rolling' needs books: the legs of ou mirror each other")
        if self.execution == "mid" and self.venue == "books" and self.cost > 0:
            raise ValueError("execution='mid' is free and needs cost = 0")
        if self.window is None and self.kappa_dt == 0 and self.is_rolling:
            raise ValueError("a random walk has no half-life; give window")
        if any(low > high for low, high in zip(self.theta_low, self.theta_high, strict=True)):
            raise ValueError("theta_low must not exceed theta_high")
        return self

    @property
    def is_rolling(self) -> bool:
        """Whether anything looks back over W decisions."""
        return self.features == "full" or self.z == "rolling" or self.hedge == "rolling"

    @property
    def at_mid(self) -> bool:
        """Whether orders are filled at mid."""
        if self.execution is None:
            return self.venue == "ou" or self.cost == 0
        return self.execution == "mid"

    @property
    def n_actions(self) -> int:
        """A."""
        return {"A3": 3, "A5": 5}[self.actions]

    @property
    def decisions_back(self) -> int:
        """W; 20 half-lives unless it is given."""
        if self.window is not None or self.kappa_dt == 0:
            return self.window or 0
        return max(4, round(20.0 * math.log(2.0) / self.kappa_dt))

    @property
    def reward_unit(self) -> float:
        """U = notional * s, quote currency."""
        return self.notional * self.s

    def replace(self, **changes: Any) -> PairConfig:
        """The settings with some changed, checked again."""
        return type(self).of(**{**self.model_dump(), **changes})
