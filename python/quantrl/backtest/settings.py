"""How decisions are filled: the settings an account is run with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from quantrl import _core
from quantrl.backtest.costs import Costs
from quantrl.errors import ConfigError
from quantrl.typing import JsonObject

FILLS = ("next_open", "next_typical", "next_close", "close")
SIZINGS = ("post_cost", "pre_cost", "first_order")


@dataclass(frozen=True)
class Settings:
    """Fill point, sizing, costs and starting cash of one account.

    Parameters
    ----------
    fill : str
        ``next_open``, ``next_typical`` ((high + low + close) / 3), ``next_close``, or ``close`` (same bar).
    sizing : str
        ``post_cost``: weights are fractions of the equity left after this trade's cost; ``pre_cost``: of the
        equity before it; ``first_order``: of the equity less the cost of trading as if it were free.
    costs : Costs
    initial_cash : float
        Currency.

    Raises
    ------
    ConfigError
        An unknown choice or a starting cash that is not positive; the message names the field.
    """

    fill: str = "next_open"
    sizing: str = "post_cost"
    costs: Costs = field(default_factory=Costs)
    initial_cash: float = 1_000_000.0

    def __post_init__(self) -> None:
        for name, choices in (("fill", FILLS), ("sizing", SIZINGS)):
            if getattr(self, name) not in choices:
                raise ConfigError(
                    f"{name}: expected one of {', '.join(choices)}, got {getattr(self, name)!r}"
                )
        if not isinstance(self.costs, Costs):
            raise ConfigError(f"costs: expected Costs, got {type(self.costs).__name__}")
        cash = self.initial_cash
        if isinstance(cash, bool) or not isinstance(cash, (int, float)) or not 0 < cash < math.inf:
            raise ConfigError(f"initial_cash: expected a positive number, got {cash!r}")
        object.__setattr__(self, "initial_cash", float(cash))

    @property
    def delay(self) -> int:
        """Bars between a decision and its fill point: 0 for ``close``, else 1."""
        return 0 if self.fill == "close" else 1

    def core(self, n: int) -> _core.BarConfig:
        """The engine's own form, for n instruments."""
        return _core.BarConfig(
            n,
            fill=self.fill,
            sizing=self.sizing,
            buy_bps=self.costs.buy,
            sell_bps=self.costs.sell,
            slippage_bps=self.costs.slippage(n),
            fixed=self.costs.fixed,
            minimum=self.costs.minimum,
            initial_cash=self.initial_cash,
        )

    def to_config(self) -> JsonObject:
        """What a manifest or a snapshot keeps."""
        return {
            "fill": self.fill,
            "sizing": self.sizing,
            "costs": self.costs.to_config(),
            "initial_cash": self.initial_cash,
        }

    @staticmethod
    def from_config(config: JsonObject) -> Settings:
        """The settings kept by `to_config`."""
        return Settings(
            fill=config["fill"],
            sizing=config["sizing"],
            costs=Costs(**config["costs"]),
            initial_cash=config["initial_cash"],
        )
