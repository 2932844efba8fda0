"""The simulated venue of a panel: the bar engine's fills, in whole lots and cash units."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import index
from typing import NamedTuple, final

import numpy as np

from quantrl import _core
from quantrl.backtest import Costs
from quantrl.backtest.settings import Settings
from quantrl.errors import InvariantError, OrderError
from quantrl.live.instruments import Instruments
from quantrl.typing import IntArray

_REASONS = tuple(_core.bar_venue_reasons())
FILLED, CASH_BOUND, NO_PRICE = _REASONS
_MOST_CASH = 2**63 - 1


class Leg(NamedTuple):
    """A market order of whole lots; `side` is 1 to buy and -1 to sell."""

    client_id: str
    inst: int
    side: int
    lots: int


class LegFill(NamedTuple):
    """What became of a leg.

    `px` in ticks with slippage, `fee` in cash units; both 0, and no `venue_fill_id`, where nothing was filled.
    `reason` says why not more: ``FILLED``, ``CASH_BOUND`` or ``NO_PRICE``; the rest of the order is over.
    """

    client_id: str
    venue_fill_id: str
    lots: int
    px: int
    fee: int
    reason: str


@final
class BarVenue:
    """Fills legs at a bar's prices with the costs of a backtest. It keeps no state: the same call, the same fills.

    Parameters
    ----------
    instruments : Instruments
        The book's table.
    costs : Costs
        As in `run_weights`; 10 bp a side unless given.

    Raises
    ------
    ConfigError
        Slippage for another number of them, a fee beyond 64 bits of cash units.

    Notes
    -----
    Lots per leg are those of ``BarSession(size_at="decision", lot=...)``, at most one apart where cash binds.
    """

    def __init__(self, instruments: Instruments, costs: Costs = Costs()) -> None:  # noqa: B008
        self.instruments = instruments
        self._config = Settings(costs=costs).core(len(self.instruments))
        self._tick_values = _integers(instruments.tv)
        self._run([], [0] * len(self.instruments), 0)

    def fill(self, legs: Iterable[Leg], prices: Sequence[int], cash: int) -> tuple[LegFill, ...]:
        """Fill every leg at once, sales first; one answer a leg, whatever their order.

        Parameters
        ----------
        legs : iterable of Leg
        prices : (N,) int
            Reference prices in ticks; 0 where an instrument cannot be traded.
        cash : int
            Cash units that buys may use, before the sales. Buys that ask for more shrink by one scale, the largest
            k / 2**32 whose whole lots are affordable.

        Raises
        ------
        OrderError
            No lots, an unknown instrument or side, a client id twice.
        DataError
            A negative price, or another number of them.
        InvariantError
            An amount beyond 64 bits.
        """
        legs = tuple(legs)
        if len({leg.client_id for leg in legs}) < len(legs):
            raise OrderError("legs: expected each client id once")
        return tuple(
            LegFill(leg.client_id, f"{leg.client_id}-1" if lots else "", lots, px, fee, _REASONS[reason])
            for leg, (lots, px, fee, reason) in zip(legs, self._run(legs, prices, cash), strict=True)
        )

    def quote(self, inst: int, side: int, lots: int, price: int) -> tuple[int, int]:
        """Price in ticks and fee in cash units of a leg that is filled whole at `price`.

        Raises
        ------
        InvariantError
            It would cost more than 64 bits of cash units hold.
        """
        prices = [0] * len(self.instruments)
        if 0 <= inst < len(prices):
            prices[inst] = price
        ((filled, px, fee, _),) = self._run(
            [Leg("", inst, side, lots)], prices, _MOST_CASH if side > 0 else 0
        )
        if filled < lots and price:
            raise InvariantError(f"quote: {lots} lots at {price} ticks are beyond 64 bits of cash units")
        return px, fee

    def _run(self, legs: Sequence[Leg], prices: Sequence[int], cash: int) -> list[tuple[int, int, int, int]]:
        try:
            columns = _core.bar_venue_fill(
                _integers([leg.inst for leg in legs]),
                _integers([leg.side for leg in legs]),
                _integers([leg.lots for leg in legs]),
                _integers(prices),
                self._tick_values,
                index(cash),
                self._config,
            )
        except OverflowError as error:
            raise InvariantError(f"venue: beyond 64 bits: {error}") from None
        return list(zip(*(column.tolist() for column in columns), strict=True))


def _integers(values: Sequence[int]) -> IntArray:
    return np.array([index(value) for value in values], dtype=np.int64)
