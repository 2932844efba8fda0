"""Where everything lies in the observation of a pair environment."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.envs.pair.config import THETA, PairConfig

OWN = (
    "position", "size", "in_flight", "imbalance", "unrealised", "age", "queue_1", "queue_2", "order_age",
)  # fmt: skip
SPREAD = ("z", "dz1", "dz5", "dz20", "ma5", "ma20", "ma60", "bollinger", "rsi", "z_long")
REGIME = ("half_life", "beta", "scale", "drift", "correlation")
VOLATILITY = ("return_1", "return_2", "vol_1", "vol_2", "vol_spread")
BOOK = (
    "half_spread", "imbalance_1", "imbalance_5", "flow", "flow_20", "micro", "trades", "volume", "rate",
)  # fmt: skip
TIME = ("sin", "cos", "left", "cost", "latency")


@dataclass(frozen=True)
class PairLayout:
    """Names and places of the numbers of an observation, float32, clipped to +-5.

    ``core`` is ``[z, dz1 | position, size, in_flight, imbalance, unrealised | left, cost | extra | legal]``; ``full`` is
    ``[spread 10, regime 5, volatility 5, book 9 a leg | own 9 | time 5 | extra | legal]``. `extra` holds the two
    statistics of the differential Sharpe ratio, `THETA` and the stock where they are shown; the last A numbers are 1 where
    an action is legal.
    """

    features: str
    n_actions: int
    statistics: bool = False
    theta: bool = False
    stock: bool = False

    @staticmethod
    def of(config: PairConfig) -> PairLayout:
        """Layout of an environment."""
        statistics = config.reward == "differential_sharpe"
        stock = config.objective == "cvar"
        return PairLayout(config.features, config.n_actions, statistics, config.theta_in_obs, stock)

    @property
    def names(self) -> tuple[str, ...]:
        """One name a number, in order."""
        statistics = ("sharpe_mean", "sharpe_root") if self.statistics else ()
        extra = (*statistics, *(THETA if self.theta else ()), *(("stock",) if self.stock else ()))
        legal = tuple(f"legal_{action}" for action in range(self.n_actions))
        if self.features == "core":
            return (*SPREAD[:2], *OWN[:5], "left", "cost", *extra, *legal)
        books = tuple(f"{name}_leg{leg}" for leg in (1, 2) for name in BOOK)
        return (*SPREAD, *REGIME, *VOLATILITY, *books, *OWN, *TIME, *extra, *legal)

    @property
    def size(self) -> int:
        """D."""
        return len(self.names)

    @property
    def own(self) -> slice:
        """The own position, which actions change; everything before it is the market."""
        start = self.names.index("position")
        return slice(start, start + (5 if self.features == "core" else 9))

    @property
    def legal(self) -> slice:
        """Legality bits."""
        return slice(self.size - self.n_actions, self.size)

    def at(self, name: str) -> int:
        """Index of one number."""
        return self.names.index(name)
