"""Fees of executions on event files, exact to a billionth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quantrl._exact import billionths
from quantrl.errors import ConfigError


@dataclass(frozen=True)
class Fees:
    """Fee of an execution: rate x notional + surcharge x notional + per lot + per trade, at least the minimum.

    Parameters
    ----------
    maker, taker : str or float
        Rates: ``"7bp"``, ``"-0.5bp"`` (a rebate), ``"0.02%"`` or a share.
    buy_surcharge, sell_surcharge : str or float
        Extra rate of one side, such as a tax on sales.
    per_lot, per_trade, minimum : str or float
        Amounts in quote currency.
    tiers : sequence of (turnover, maker, taker)
        Rates that replace `maker` and `taker` from a turnover on, whole units of quote currency, rising.

    Raises
    ------
    ConfigError
        Anything that is not a rate or amount, or finer than 1e-9.
    """

    maker: str | float = 0
    taker: str | float = 0
    buy_surcharge: str | float = 0
    sell_surcharge: str | float = 0
    per_lot: str | float = 0
    per_trade: str | float = 0
    minimum: str | float = 0
    tiers: Sequence[tuple[int, str | float, str | float]] = ()

    def __post_init__(self) -> None:
        self.exact()

    def exact(self) -> dict[str, Any]:
        """Whole billionths, as the engine takes them."""

        def of(name: str) -> int:
            return billionths(f"fees.{name}", getattr(self, name))

        tiers = []
        for row, tier in enumerate(self.tiers):
            if len(tier) != 3 or isinstance(tier[0], bool) or not isinstance(tier[0], int) or tier[0] < 0:
                raise ConfigError(f"fees.tiers, row {row}: expected (turnover, maker, taker), got {tier!r}")
            rates = [billionths(f"fees.tiers, row {row}", rate) for rate in tier[1:]]
            tiers.append((tier[0], *rates))
        return {
            "maker": of("maker"),
            "taker": of("taker"),
            "surcharge": [of("buy_surcharge"), of("sell_surcharge")],
            "per_lot": of("per_lot"),
            "per_trade": of("per_trade"),
            "minimum": of("minimum"),
            "tiers": tiers,
        }
