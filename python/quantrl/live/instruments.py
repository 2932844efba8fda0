"""What a book trades, in whole ticks, lots and cash units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import NamedTuple, TypeAlias

import numpy as np

from quantrl.errors import ConfigError, FeedError
from quantrl.live.digests import Plain
from quantrl.live.vocabulary import I64_MAX
from quantrl.typing import FloatArray, IntArray

Number: TypeAlias = "Decimal | int | str | float"
CASH_UNIT = Decimal("1e-8")
OFF_GRID = 10**6
"""A price is off the grid by more than one tick over this."""
NO_PRICE = 0
POLICIES = ("exact", "round")
_MAX_DIGITS = 30


@dataclass(frozen=True)
class Instrument:
    """One line of the table; sizes are exact decimals.

    Parameters
    ----------
    symbol : str
    tick : Decimal
        Step of the price, currency.
    lot : Decimal
        Step of the size, units.
    multiplier : Decimal
        Currency that one unit gains when its price rises by one.
    tv : int
        Cash units (1e-8) that one lot gains when its price rises by one tick: tick * lot * multiplier.
    """

    symbol: str
    tick: Decimal
    lot: Decimal
    multiplier: Decimal
    tv: int

    @classmethod
    def of(cls, symbol: str, tick: Number, lot: Number = 1, multiplier: Number = 1) -> Instrument:
        """An instrument from its sizes; a float means the shortest decimal that is it.

        Raises
        ------
        ConfigError
            A size that is not a positive number, or a tick value that is not a whole number of cash units within 64 bits.
        """
        if not symbol:
            raise ConfigError("instrument: expected a symbol, got ''")
        sizes = {"tick": tick, "lot": lot, "multiplier": multiplier}
        exact = {name: _decimal(symbol, name, size) for name, size in sizes.items()}
        value = Fraction(1)
        for size in exact.values():
            value *= Fraction(size)
        units = value / Fraction(CASH_UNIT)
        if units.denominator != 1 or units > I64_MAX:
            raise ConfigError(
                f"instrument {symbol!r}: expected tick * lot * multiplier to be a whole number of {CASH_UNIT:f} within "
                f"64 bits, got {float(value)!r}"
            )
        return cls(symbol, exact["tick"], exact["lot"], exact["multiplier"], int(units))


class InTicks(NamedTuple):
    """A price in whole ticks, and how far the price was from it, in ticks."""

    ticks: int
    error: Fraction


class Instruments:
    """The book's instruments; an index is a place here.

    Parameters
    ----------
    table : iterable of Instrument
    tick_policy : {"exact", "round"}
        Whether a price more than 1e-6 tick off the grid is refused or rounded.

    Raises
    ------
    ConfigError
        No instrument, one symbol twice, or an unknown policy.
    """

    def __init__(self, table: Iterable[Instrument], *, tick_policy: str = "exact") -> None:
        self.table = tuple(table)
        self.tick_policy = tick_policy
        if tick_policy not in POLICIES:
            raise ConfigError(f"tick_policy: expected one of {', '.join(POLICIES)}, got {tick_policy!r}")
        self._ratios = [instrument.tick.as_integer_ratio() for instrument in self.table]
        self._places = {instrument.symbol: place for place, instrument in enumerate(self.table)}
        if not self.table or len(self._places) < len(self.table):
            symbols = [instrument.symbol for instrument in self.table]
            raise ConfigError(f"instruments: expected at least one and no symbol twice, got {symbols}")

    def __len__(self) -> int:
        return len(self.table)

    def index(self, symbol: str) -> int:
        """Place of a symbol.

        Raises
        ------
        FeedError
            No such instrument.
        """
        if symbol not in self._places:
            raise FeedError(f"instrument: expected one of {', '.join(self._places)}, got {symbol!r}")
        return self._places[symbol]

    @property
    def tv(self) -> tuple[int, ...]:
        """(N,) cash units per lot and tick."""
        return tuple(instrument.tv for instrument in self.table)

    def ticks(self, inst: int, price: float, *, where: str = "") -> InTicks:
        """A price as ticks, half to even; NaN is no price: 0.

        Raises
        ------
        FeedError
            Infinite, negative or zero, off the grid under policy ``exact``, or beyond 64 bits; says `where`.
        """
        ticks, rest, scale = self._nearest(inst, price, where)
        return InTicks(ticks, Fraction(rest, scale))

    def _nearest(self, inst: int, price: float, where: str) -> tuple[int, int, int]:
        """Ticks, and the exact distance from them as a numerator and a denominator."""
        if math.isnan(price):
            return NO_PRICE, 0, 1
        if not 0 < price < math.inf:
            raise FeedError(f"{where}{self.table[inst].symbol}: expected a price above 0, got {price!r}")
        top, bottom = price.as_integer_ratio()
        tick_top, tick_bottom = self._ratios[inst]
        scale = bottom * tick_top
        ticks, rest = divmod(top * tick_bottom, scale)
        if 2 * rest > scale or (2 * rest == scale and ticks % 2):
            ticks, rest = ticks + 1, rest - scale
        tick = self.table[inst].tick
        if self.tick_policy == "exact" and abs(rest) * OFF_GRID > scale:
            raise FeedError(
                f"{where}{self.table[inst].symbol}: expected a multiple of tick {tick:f}, got {price!r}; "
                f'tick_policy = "round" rounds it'
            )
        if not 1 <= ticks <= I64_MAX:
            raise FeedError(
                f"{where}{self.table[inst].symbol}: expected from 1 to 2^63 - 1 ticks of {tick:f}, got {price!r}"
            )
        return ticks, rest, scale

    def grid(self, prices: FloatArray) -> tuple[IntArray, float]:
        """Rows of prices as ticks.

        Parameters
        ----------
        prices : (T, N) float64
            Currency; NaN is no price.

        Returns
        -------
        ticks : (T, N) int64
            0 where there is no price.
        error : float
            The largest distance from the grid, in ticks, for the manifest.

        Raises
        ------
        FeedError
            As `ticks`, with the row; the first of the earliest row.
        """
        if prices.ndim != 2 or prices.shape[1] != len(self.table):
            raise FeedError(f"prices: expected (T, {len(self.table)}), got {prices.shape}")
        out = np.zeros(prices.shape, dtype=np.int64)
        worst = 0.0
        for row, values in enumerate(prices.tolist()):
            where = f"row {row}: "
            for inst, price in enumerate(values):
                out[row, inst], rest, scale = self._nearest(inst, price, where)
                worst = max(worst, abs(rest) / scale)
        return out, worst

    def price(self, inst: int, ticks: int) -> float:
        """The float nearest to so many ticks."""
        return float(ticks * Fraction(self.table[inst].tick))

    def to_plain(self) -> Plain:
        """Symbols and sizes as text, and the policy."""
        rows = ((i.symbol, f"{i.tick:f}", f"{i.lot:f}", f"{i.multiplier:f}") for i in self.table)
        return (self.tick_policy, tuple(rows))

    @classmethod
    def from_plain(cls, plain: tuple[str, Sequence[tuple[str, str, str, str]]]) -> Instruments:
        """A table from `to_plain`."""
        policy, rows = plain
        return cls((Instrument.of(*row) for row in rows), tick_policy=policy)


def cash_units(amount: Number, name: str = "amount") -> int:
    """Currency as cash units of 1e-8, exactly.

    Raises
    ------
    ConfigError
        Not a number, not whole in cash units, or beyond 64 bits.
    """
    value = _decimal("", name, amount)
    units = Fraction(value) / Fraction(CASH_UNIT)
    if units.denominator != 1 or units > I64_MAX:
        raise ConfigError(f"{name}: expected a whole number of {CASH_UNIT:f} within 64 bits, got {amount!r}")
    return int(units)


def _decimal(symbol: str, name: str, size: Number) -> Decimal:
    where = f"instrument {symbol!r}: {name}" if symbol else name
    try:
        value = Decimal(repr(size)) if isinstance(size, float) else Decimal(size)
    except (InvalidOperation, TypeError, ValueError):
        raise ConfigError(f"{where}: expected a number above 0, got {size!r}") from None
    if isinstance(size, bool) or not value.is_finite() or value <= 0:
        raise ConfigError(f"{where}: expected a number above 0, got {size!r}")
    if abs(value.adjusted()) > _MAX_DIGITS or len(value.as_tuple().digits) > _MAX_DIGITS:
        raise ConfigError(f"{where}: expected at most {_MAX_DIGITS} digits, got {str(size)[:60]!r}")
    return value
