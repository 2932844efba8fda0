"""What trading costs: basis points a side, slippage, a fixed fee and a minimum fee an order."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantrl.backtest._numbers import number, one_or_each, spread
from quantrl.typing import FloatArray, JsonObject

if TYPE_CHECKING:
    from quantrl.config import CostsConfig

_WHOLE_BPS = 10_000.0


@dataclass(frozen=True)
class Costs:
    """Trading costs per side; an order of value x costs ``max(minimum, fixed + k |x|)``.

    With slippage s and fee f, ``k = (1+s)(1+f) - 1`` on buys and ``1 - (1-s)(1-f)`` on sells.

    Parameters
    ----------
    bps : float
        Fee on both sides in basis points; `buy_bps` and `sell_bps` override it.
    buy_bps, sell_bps : float, optional
        Fee of one side in basis points.
    slippage_bps : float or (n_instruments,) sequence
        Distance between the reference price and the price got, in basis points.
    fixed, minimum : float
        Currency per order.

    Raises
    ------
    ConfigError
        A value that is negative, not finite, or a rate of 10,000 bp or more; the message names the field.
    """

    bps: float = 10.0
    buy_bps: float | None = None
    sell_bps: float | None = None
    slippage_bps: float | tuple[float, ...] = 0.0
    fixed: float = 0.0
    minimum: float = 0.0

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        set_field(self, "bps", number("costs.bps", self.bps, _WHOLE_BPS))
        for side in ("buy_bps", "sell_bps"):
            if getattr(self, side) is not None:
                set_field(self, side, number(f"costs.{side}", getattr(self, side), _WHOLE_BPS))
        set_field(self, "slippage_bps", one_or_each("costs.slippage_bps", self.slippage_bps, _WHOLE_BPS))
        set_field(self, "fixed", number("costs.fixed", self.fixed, math.inf))
        set_field(self, "minimum", number("costs.minimum", self.minimum, math.inf))

    @staticmethod
    def zero() -> Costs:
        """No cost at all. Nothing defaults to it, and a result that used it is flagged ``zero_cost``."""
        return Costs(bps=0.0)

    @staticmethod
    def from_config(section: CostsConfig) -> Costs:
        """The costs of a config file."""
        return Costs(**section.model_dump())

    @property
    def buy(self) -> float:
        """Fee on buys, in basis points."""
        return self.bps if self.buy_bps is None else self.buy_bps

    @property
    def sell(self) -> float:
        """Fee on sells, in basis points."""
        return self.bps if self.sell_bps is None else self.sell_bps

    @property
    def is_zero(self) -> bool:
        """Whether no order ever costs anything."""
        return not (self.buy or self.sell or self.fixed or self.minimum or np.any(self.slippage_bps))

    def times(self, multiplier: float) -> Costs:
        """Every rate and fee multiplied.

        Raises
        ------
        ConfigError
            A rate becomes 10,000 bp or more.
        """
        slippage = self.slippage_bps
        return Costs(
            bps=self.bps * multiplier,
            buy_bps=None if self.buy_bps is None else self.buy_bps * multiplier,
            sell_bps=None if self.sell_bps is None else self.sell_bps * multiplier,
            slippage_bps=tuple(s * multiplier for s in slippage)
            if isinstance(slippage, tuple)
            else slippage * multiplier,
            fixed=self.fixed * multiplier,
            minimum=self.minimum * multiplier,
        )

    def slippage(self, n: int) -> FloatArray:
        """Slippage of each of n instruments, (n,) in basis points.

        Raises
        ------
        ConfigError
            It was given per instrument, for another number of them.
        """
        return spread("costs.slippage_bps", self.slippage_bps, n)

    def to_config(self) -> JsonObject:
        """What a manifest or a snapshot keeps; ``Costs(**costs.to_config())`` gives the same costs."""
        slippage = self.slippage_bps
        return {
            "bps": self.bps,
            "buy_bps": self.buy_bps,
            "sell_bps": self.sell_bps,
            "slippage_bps": list(slippage) if isinstance(slippage, tuple) else slippage,
            "fixed": self.fixed,
            "minimum": self.minimum,
        }
