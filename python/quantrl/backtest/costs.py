"""What trading costs: basis points a side, slippage, a fixed fee and a minimum fee an order."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.backtest._numbers import ByBar, Numbers, any_of, number, numbers, of_one, plain, spread
from quantrl.errors import ConfigError
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
    slippage_bps : float, (N,) sequence, (T, 1) or (T, N) array
        Distance between the reference price and the price got, in basis points: one, by instrument, or by the bar of
        the fill.
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
    slippage_bps: Numbers | FloatArray = 0.0
    fixed: float = 0.0
    minimum: float = 0.0

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        set_field(self, "bps", number("costs.bps", self.bps, _WHOLE_BPS))
        for side in ("buy_bps", "sell_bps"):
            if getattr(self, side) is not None:
                set_field(self, side, number(f"costs.{side}", getattr(self, side), _WHOLE_BPS))
        set_field(self, "slippage_bps", numbers("costs.slippage_bps", self.slippage_bps, _WHOLE_BPS))
        set_field(self, "fixed", number("costs.fixed", self.fixed, math.inf))
        set_field(self, "minimum", number("costs.minimum", self.minimum, math.inf))

    @staticmethod
    def zero() -> Costs:
        """No cost at all. Nothing defaults to it, and a result that used it is flagged ``zero_cost``."""
        return Costs(bps=0.0)

    @staticmethod
    def preset(name: str, first: dt.date | None = None, last: dt.date | None = None) -> Costs:
        """The costs of a market: ``us``, ``cn_a`` or ``flat_10bp``.

        Parameters
        ----------
        name : str
        first, last : date, optional
            Days of the run. By default what holds today.

        Raises
        ------
        ConfigError
            No such market, one date without the other, or costs that change between them: the day to split at.
        """
        from quantrl.backtest.market_costs import market

        if (first is None) != (last is None):
            raise ConfigError("first, last: expected both days of the run, or none")
        known = market(name)
        return known.since[-1][1] if first is None or last is None else known.over(first, last)

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
        return not (self.buy or self.sell or self.fixed or self.minimum or any_of(self._slippage))

    def times(self, multiplier: float) -> Costs:
        """Every rate and fee multiplied.

        Raises
        ------
        ConfigError
            A rate becomes 10,000 bp or more.
        """
        slippage = self._slippage
        if isinstance(slippage, ByBar):
            scaled: Any = slippage.spread("costs.slippage_bps", slippage.shape) * multiplier
        elif isinstance(slippage, tuple):
            scaled = tuple(s * multiplier for s in slippage)
        else:
            scaled = slippage * multiplier
        return Costs(
            bps=self.bps * multiplier,
            buy_bps=None if self.buy_bps is None else self.buy_bps * multiplier,
            sell_bps=None if self.sell_bps is None else self.sell_bps * multiplier,
            slippage_bps=scaled,
            fixed=self.fixed * multiplier,
            minimum=self.minimum * multiplier,
        )

    @property
    def by_bar(self) -> ByBar | None:
        """The slippage, where it differs by bar."""
        return self._slippage if isinstance(self._slippage, ByBar) else None

    @property
    def highest_bps(self) -> float:
        """Largest of all rates, in basis points."""
        slippage = self._slippage
        if isinstance(slippage, ByBar):
            slippage = tuple(slippage.spread("costs.slippage_bps", slippage.shape).max(axis=0))
        return max(self.buy, self.sell, float(np.max(slippage)))

    def of_one(self, i: int) -> Costs:
        """Those of one instrument."""
        return replace(self, slippage_bps=of_one(self._slippage, i))

    def slippage(self, n: int) -> FloatArray:
        """Slippage of each of n instruments, (n,) in basis points.

        Raises
        ------
        ConfigError
            It was given per instrument for another number of them, or by bar.
        """
        return spread("costs.slippage_bps", self._slippage, n)

    def slippage_by_bar(self, shape: tuple[int, int]) -> FloatArray:
        """Slippage of every fill there may be, (T, N) in basis points.

        Raises
        ------
        ConfigError
            It was given for other bars or instruments.
        """
        if isinstance(self._slippage, ByBar):
            return self._slippage.spread("costs.slippage_bps", shape)
        return np.broadcast_to(self.slippage(shape[1]), shape)

    @property
    def _slippage(self) -> Numbers:
        """As checked when it was made."""
        slippage: Numbers = self.slippage_bps  # type: ignore[assignment]
        return slippage

    def to_config(self) -> JsonObject:
        """What a manifest or a snapshot keeps; ``Costs(**costs.to_config())`` gives the same costs."""
        return {
            "bps": self.bps,
            "buy_bps": self.buy_bps,
            "sell_bps": self.sell_bps,
            "slippage_bps": plain(self._slippage),
            "fixed": self.fixed,
            "minimum": self.minimum,
        }
