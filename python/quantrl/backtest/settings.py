"""How decisions are filled: the settings an account is run with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from quantrl import _core
from quantrl.backtest._numbers import one_or_each, spread
from quantrl.backtest.costs import Costs
from quantrl.backtest.terms import Terms
from quantrl.errors import ConfigError
from quantrl.typing import JsonObject

FILLS = ("next_open", "next_typical", "next_close", "close")
SIZINGS = ("post_cost", "pre_cost", "first_order")
SIZE_AT = ("fill", "decision")


def sizing_for(size_at: str) -> str:
    """The sizing meant where none is named: ``pre_cost`` for sizes fixed at the decision, else ``post_cost``."""
    return "pre_cost" if size_at == "decision" else "post_cost"


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
    size_at : str
        ``fill``: orders get their size at the fill price. ``decision``: at the close they were decided on, as a
        live order does: units of weight times equity over price, `sizing` ``pre_cost``. If cash binds at the
        fill, buys alone shrink, by one scale.
    lot : float or (n_instruments,) sequence
        Positions are whole lots of so many units, cut toward zero. With ``size_at="decision"`` the scale is the largest
        k / 2**32 whose whole lots are affordable. 0: any fraction.
    terms : Terms
        Margin, interest, actions and limits.

    Raises
    ------
    ConfigError
        An unknown choice, a starting cash that is not positive, a lot that is negative, or lots or a limit on turnover
        with ``first_order``, which charges whole orders at equity; the message names the field.
    """

    fill: str = "next_open"
    sizing: str = "post_cost"
    costs: Costs = field(default_factory=Costs)
    initial_cash: float = 1_000_000.0
    size_at: str = "fill"
    lot: float | tuple[float, ...] = 0.0
    terms: Terms = field(default_factory=Terms)

    def __post_init__(self) -> None:
        for name, choices in (("fill", FILLS), ("sizing", SIZINGS), ("size_at", SIZE_AT)):
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
        object.__setattr__(self, "lot", one_or_each("lot", self.lot, math.inf))
        if self.size_at == "decision" and self.sizing != sizing_for("decision"):
            raise ConfigError(
                f"sizing: expected pre_cost with size_at 'decision', whose weights are fractions of the equity "
                f"at the decision, got {self.sizing!r}"
            )
        if not isinstance(self.terms, Terms):
            raise ConfigError(f"terms: expected Terms, got {type(self.terms).__name__}")
        if self.sizing == "first_order" and np.any(self.lot):
            raise ConfigError(f"lot: expected 0 with sizing first_order, got {self.lot!r}")
        if self.sizing == "first_order" and math.isfinite(self.terms.max_turnover):
            raise ConfigError("max_turnover: expected no limit with sizing first_order")

    @property
    def is_plain(self) -> bool:
        """Whether the account needs to be told nothing but prices, and has no limits on orders."""
        lots_at_fill = self.size_at == "fill" and bool(np.any(self.lot))
        return self.terms.is_plain and self.costs.by_bar is None and not lots_at_fill

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
            slippage_bps=np.zeros(n) if self.costs.by_bar else self.costs.slippage(n),
            fixed=self.costs.fixed,
            minimum=self.costs.minimum,
            initial_cash=self.initial_cash,
            size_at=self.size_at,
            lot=spread("lot", self.lot, n),
        )

    def core_terms(self, config: _core.BarConfig, n: int) -> _core.BarTerms | None:
        """The engine's form of the terms; None for an account that needs none."""
        return None if self.is_plain else self.terms.core(config, n)

    def to_config(self) -> JsonObject:
        """What a manifest or a snapshot keeps; sizes fixed at the fill are not mentioned."""
        kept: JsonObject = {
            "fill": self.fill,
            "sizing": self.sizing,
            "costs": self.costs.to_config(),
            "initial_cash": self.initial_cash,
        }
        if self.size_at == "decision":
            kept["size_at"] = self.size_at
        if self.size_at == "decision" or np.any(self.lot):
            kept["lot"] = list(self.lot) if isinstance(self.lot, tuple) else self.lot
        if not self.terms.is_plain:
            kept["terms"] = self.terms.to_config()
        return kept

    @staticmethod
    def from_config(config: JsonObject) -> Settings:
        """The settings kept by `to_config`."""
        return Settings(
            fill=config["fill"],
            sizing=config["sizing"],
            costs=Costs(**config["costs"]),
            initial_cash=config["initial_cash"],
            size_at=config.get("size_at", "fill"),
            lot=config.get("lot", 0.0),
            terms=Terms.from_config(config.get("terms", {})),
        )
