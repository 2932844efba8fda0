"""Settings of a pair environment."""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationError, model_validator

from quantrl.envs.pair.orders import PairOrders, Rate
from quantrl.errors import ConfigError
from quantrl.runs import sha256_json

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Part = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]
Theta = tuple[NotNegative, NotNegative, NotNegative, NotNegative, NotNegative]

THETA = ("fee_mult", "spread_mult", "latency_ms", "fill_prob", "vol_mult")
"""Domain parameters of an episode, in order."""
NOMINAL: Theta = (1.0, 1.0, 0.0, 1.0, 1.0)
"""`THETA` that leaves everything as configured."""
TAPED = ("flow", "replay")
"""Venues whose books are those of event files: of simulated order flow, and recorded ones."""
CLOCK = (0.002, 0.2)
"""kappa * dt outside of which the clock is too fine or too coarse for the spread."""


class PairConfig(PairOrders):
    """What an episode is: world, clock, costs, actions, reward and observation. Frozen; unknown fields are refused.

    Make one with `ou`, `books` or `replay`. A position of 1 is `notional` long the first leg and beta times
    it short the second. Fields of `PairOrders` say how orders are worked between decisions.

    Parameters
    ----------
    venue : {"ou", "books", "flow", "replay"}
        ``ou``: an exact Ornstein-Uhlenbeck log spread x, filled at mid, costs charged in money. ``books``: the same
        spread and a common random walk of 2 bp a decision in two books at a price of 100 with a tick of 0.1 bp, lots of
        0.01, five levels of depth and fees. ``replay``: two recorded books, whose five levels orders meet on arrival, less
        what the account took from them in the last second; an order is immediate or cancelled, one a leg at a time.
        ``flow``: the same of two books that `quantrl.data.events.simulate_pair` or `simulate` wrote; what is said of
        ``replay`` below holds for it.
    kappa_dt : float
        Reversion per decision, 0 for a random walk (then `step_sd` is needed); outside 0.002 to 0.2 a warning.
    s : float
        Stationary standard deviation of x, log units.
    cost : float
        k / s: cost of one unit of position change in units of `s`, half of it spread and half fees. Of ``replay`` only an
        estimate beside the recorded spreads and `fee_bps`.
    dt : float
        Seconds between decisions; those of ``replay`` fall on whole multiples.
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
    hedge : {"fixed", "rolling", "kalman"}
        `alpha` and `beta`, a regression of the log mids over the last W decisions, or a Kalman filter that lets both
        wander from there; x is always by the coefficients of the decision before.
    wander : (float, float), optional
        Of ``kalman``: variances by which alpha and beta wander in one decision; by default a quarter of the most that alpha
        may, 1e-3 kappa_dt s^2, and a hundredth of that quarter: where ln of the second price is 10 both move x alike. The
        filter begins as uncertain as after W such decisions.
    noise : float, optional
        Of ``kalman``: variance of the spread around 0, by default s^2.
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
    objective : {"mean", "cvar"}
        ``mean``: an episode is cut off at T. ``cvar``: T is the close of a session, the last decision is flat at whatever
        the book asks, what its orders leave until the next one goes at the touch with all fees, and nothing follows; an
        observation also shows the stock, what the episode has earned on top of a first stock.
    stock : (float, float), optional
        Of ``cvar``: first stocks in U, one of 16 evenly spaced from the least to the largest, drawn for each episode; by
        default 0. A training by ``qr_cvar`` finds its own.
    stock_unit : float
        Of ``cvar``: U that 1 of the observation counts.
    counterfactual : bool
        Each step also gives what every action would have earned, and the own position it would have left.
    theta_low, theta_high : (5,) tuple of float
        Bounds between which `THETA` is drawn for each episode. A mean latency must stay below dt / 1.5; ``fill_prob`` is of
        passive orders, and aggressive ones take no notice of it.
    theta_in_obs : bool
        Whether an observation shows it.
    events, events_sha : tuple of str
        Of ``replay``: two event files of one instrument or one of two, and their sha256.
    alpha, beta : float
        Of ``replay``: ln first price = alpha + beta ln second price + x.
    fee_bps : (float, float)
        Of ``replay``: taker fee of each leg, basis points of the traded value.
    latency_sigma : float
        Of ``replay``: entry latencies are log-normal around the mean of theta with this deviation of their logarithm, a draw
        for each leg; 0 makes them constant. An answer takes as long as its order.
    feed_ms : float, optional
        Of ``replay``: from the exchange to the trader, for events without a receive time.
    session_gap : float
        Of ``replay``: seconds of silence of a leg that end a session; no window and no episode crosses one.
    split : (float, float)
        Of ``replay``: shares of the decisions at which the training part ends and the test part begins; between them lies
        the part for choosing. Each part after the first leaves out one warm-up.
    span : (float, float)
        Of ``replay``: first and last share of the decisions that any part may have.
    segment : {"train", "validate", "test", "all"}
        Of ``replay``: the part that episodes lie in.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    venue: Literal["ou", "books", "flow", "replay"] = "books"
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
    hedge: Literal["fixed", "rolling", "kalman"] = "fixed"
    wander: tuple[NotNegative, NotNegative] | None = None
    noise: Positive | None = None
    window: Annotated[int, Field(ge=4, le=100_000)] | None = None
    episode_len: Annotated[int, Field(ge=1, le=10_000_000)] = 2048
    ruin: Positive = 20.0
    loss_limit: Positive | None = None
    reward: Literal["pnl", "differential_sharpe"] = "pnl"
    risk_aversion: NotNegative = 0.0
    objective: Literal["mean", "cvar"] = "mean"
    stock: tuple[Finite, Finite] | None = None
    stock_unit: Positive = 1.0
    counterfactual: bool = False
    theta_low: Theta = NOMINAL
    theta_high: Theta = NOMINAL
    theta_in_obs: bool = False
    events: tuple[str, ...] = ()
    events_sha: tuple[str, ...] = ()
    alpha: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    beta: Annotated[float, Field(ge=0.2, le=5, allow_inf_nan=False)] = 1.0
    fee_bps: tuple[Rate, Rate] = (1.0, 1.0)
    latency_sigma: Annotated[float, Field(ge=0, le=1)] = 0.5
    feed_ms: Annotated[float, Field(ge=0, le=60_000)] | None = None
    session_gap: Annotated[float, Field(gt=0, le=864_000)] = 1800.0
    split: tuple[Share, Share] = (0.5, 0.7)
    span: tuple[Part, Part] = (0.0, 1.0)
    segment: Literal["train", "validate", "test", "all"] = "train"

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

    @classmethod
    def replay(
        cls,
        events: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
        pair: str | os.PathLike[str] | Mapping[str, Any],
        *,
        dt: float | None = None,
        **settings: Any,
    ) -> PairConfig:
        """Two recorded books, or two of simulated order flow, whose files say so; fields as above.

        Parameters
        ----------
        events : path, or two paths
            Event files as `quantrl.data.events.convert` makes them.
        pair : path or mapping
            ``pair.json``, or its ``alpha``, ``beta``, ``kappa`` (per second), ``s`` and where known ``k``, ``symbols``,
            ``sha256``, ``kalman`` (``q_alpha``, ``q_beta`` per second, ``noise``).
        dt : float, optional
            Seconds between decisions; by default a 35th of the half-life, at least 0.1.

        Raises
        ------
        ConfigError, DataError
            As `of`; facts or files that are missing, damaged or do not go together.
        """
        from quantrl.envs.pair.recorded import settings_of

        return cls.of(**{**settings_of(events, pair, dt, settings.get("hedge", "rolling")), **settings})

    @model_validator(mode="after")
    def _consistent(self) -> PairConfig:
        from quantrl.envs.pair.checks import check

        check(self)
        return self

    @property
    def has_tape(self) -> bool:
        """Whether its books are those of event files."""
        return self.venue in TAPED

    @property
    def is_rolling(self) -> bool:
        """Whether anything looks back over W decisions."""
        return self.features == "full" or self.z == "rolling" or self.hedge != "fixed"

    @property
    def most_wander(self) -> float:
        """Variance by which alpha may wander in one decision."""
        return 1e-3 * self.kappa_dt * self.s**2

    @property
    def variances(self) -> tuple[float, float, float]:
        """Of ``kalman``: q of alpha, q of beta and R."""
        alpha, beta = self.wander or (0.25 * self.most_wander, 0.0025 * self.most_wander)
        return alpha, beta, self.noise or self.s**2

    @property
    def stocks(self) -> tuple[float, float, float] | None:
        """Of ``cvar``: least and largest first stock, and the unit it is shown in."""
        return None if self.objective == "mean" else (*(self.stock or (0.0, 0.0)), self.stock_unit)

    @property
    def at_mid(self) -> bool:
        """Whether orders are filled at mid."""
        if self.execution is None:
            return self.venue == "ou" or (self.venue == "books" and self.cost == 0)
        return self.execution == "mid"

    @property
    def n_targets(self) -> int:
        """Targets of either style."""
        return {"A3": 3, "A5": 5}[self.actions]

    @property
    def n_actions(self) -> int:
        """A."""
        return self.styles * self.n_targets

    @property
    def flat(self) -> int:
        """Action that asks for no position, at once."""
        return self.n_targets // 2

    @property
    def targets(self) -> tuple[float, ...]:
        """Position that each action asks for, -1 to 1, style after style."""
        half = (self.n_targets - 1) / 2.0
        return tuple((target - half) / half for target in range(self.n_targets)) * self.styles

    @property
    def decisions_back(self) -> int:
        """W; 20 half-lives unless it is given."""
        if self.window is not None or self.kappa_dt == 0:
            return self.window or 0
        return max(4, round(20.0 * math.log(2.0) / self.kappa_dt))

    @property
    def shares(self) -> tuple[float, float]:
        """First and last share of the decisions of a tape that episodes lie in."""
        (begin, end), (first, last) = self.span, self.split
        parts = {"train": (begin, first), "validate": (first, last), "test": (last, end), "all": (begin, end)}
        return parts[self.segment]

    @property
    def identity(self) -> dict[str, Any]:
        """Every setting but where files lie."""
        return self.model_dump(mode="json", exclude={"events"})

    @property
    def id(self) -> str:
        """sha256 over every setting, of recorded books with that of their files: what a market id is for a panel."""
        return sha256_json(["pair", self.identity])

    @property
    def reward_unit(self) -> float:
        """U = notional * s, quote currency."""
        return self.notional * self.s

    def replace(self, **changes: Any) -> PairConfig:
        """The settings with some changed, checked again."""
        return type(self).of(**{**self.model_dump(), **changes})
