"""What an instrument is to the books: whole ticks, whole lots, and what a tick of a lot is worth."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from quantrl.errors import ConfigError

CASH_UNITS = 10**8
"""Cash units in one currency unit."""
_LEAST, _MOST = Decimal("1e-18"), Decimal("1e18")


@dataclass(frozen=True, slots=True)
class BookInstrument:
    """One row of a book's instrument table.

    Parameters
    ----------
    symbol : str
    tick : str
        Smallest price step in currency, decimal.
    lot : str
        Units in one lot, decimal.
    multiplier : str
        Currency per unit and point of price, decimal.

    Raises
    ------
    ConfigError
        A number that is not above 0, or a tick of a lot that is not a whole number of cash units of 1e-8; the
        message names the field.
    """

    symbol: str
    tick: str = "0.01"
    lot: str = "1"
    multiplier: str = "1"

    def __post_init__(self) -> None:
        for field in ("tick", "lot", "multiplier"):
            if not _is_number(getattr(self, field)):
                raise ConfigError(
                    f"instrument {self.symbol}: {field}: expected a decimal number from {_LEAST} to {_MOST}, "
                    f"got {getattr(self, field)!r}"
                )
        value = self._tick_value()
        if value.denominator != 1 or value >= 2**63:
            raise ConfigError(
                f"instrument {self.symbol}: tick x lot x multiplier: expected a whole number of cash units "
                f"of 1e-8 below 2**63, got {float(value):g}"
            )

    @property
    def tick_value(self) -> int:
        """Cash units of one tick of one lot."""
        return int(self._tick_value())

    def _tick_value(self) -> Fraction:
        tick, lot, multiplier = (Fraction(Decimal(text)) for text in (self.tick, self.lot, self.multiplier))
        return tick * lot * multiplier * CASH_UNITS


def _is_number(text: object) -> bool:
    try:
        number = Decimal(text) if isinstance(text, str) and len(text) <= 40 else None
    except InvalidOperation:
        return False
    return number is not None and number.is_finite() and _LEAST <= number <= _MOST
