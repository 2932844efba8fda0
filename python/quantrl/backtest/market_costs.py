"""Trading costs by market.

What a market forbids is said elsewhere: whole lots by ``lot``, price limits by ``Terms(price_limits=True)`` and the panel's
masks; with one fill a bar nothing bought is sold on the same day (T+1). The engine charges one minimum an order over all
its costs together; the 5 CNY of a Chinese commission apply to the commission alone, so an order below about 16,700 CNY is
charged up to 5 CNY too little.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from quantrl.backtest.costs import Costs
from quantrl.errors import ConfigError

STAMP_HALVED = dt.date(2023, 8, 28)
"""From this day the stamp duty on sales of Chinese shares is 5 bp, not 10 (Ministry of Finance, notice 39 of 2023)."""


@dataclass(frozen=True)
class Market:
    """Costs that hold from given days on.

    Parameters
    ----------
    name : str
    since : tuple of (date, Costs)
        Ascending; the first holds for all time before the second.
    summary : str
        What a report says of it.
    """

    name: str
    since: tuple[tuple[dt.date, Costs], ...]
    summary: str

    def costs(self, day: dt.date) -> Costs:
        """Costs of an order filled on this day."""
        return next(
            (costs for start, costs in reversed(self.since) if start <= day),
            self.since[0][1],
        )

    def over(self, first: dt.date, last: dt.date) -> Costs:
        """The costs of all days of a run.

        Raises
        ------
        ConfigError
            They change inside it, or it ends before it starts; the message has the day to split at.
        """
        if last < first:
            raise ConfigError(f"market {self.name}: expected a last day from {first} on, got {last}")
        changed = next((start for start, _ in self.since if first < start <= last), None)
        if changed is not None:
            raise ConfigError(
                f"market {self.name}: its costs change on {changed}, inside {first} to {last}; an account has one "
                f"schedule, so end one run before that day and start another on it"
            )
        return self.costs(first)


def _chinese(stamp_bps: float) -> Costs:
    commission = 3.0
    return Costs(buy_bps=commission, sell_bps=commission + stamp_bps, slippage_bps=10.0, minimum=5.0)


MARKETS: dict[str, Market] = {
    market.name: market
    for market in (
        Market("us", ((dt.date.min, Costs(bps=0.0, slippage_bps=5.0)),), "slippage 5 bp a side"),
        Market(
            "cn_a",
            ((dt.date.min, _chinese(10.0)), (STAMP_HALVED, _chinese(5.0))),
            "commission 3 bp a side, 5 CNY an order at least; stamp duty on sales 10 bp, from 2023-08-28 5 bp; "
            "slippage 10 bp; without lots and price limits",
        ),
        Market("flat_10bp", ((dt.date.min, Costs(bps=10.0)),), "10 bp a side"),
    )
}


def market(name: str) -> Market:
    """A market by name.

    Raises
    ------
    ConfigError
        No such market; the message lists the choices.
    """
    if name not in MARKETS:
        raise ConfigError(f"market: expected one of {', '.join(MARKETS)}, got {name!r}")
    return MARKETS[name]
