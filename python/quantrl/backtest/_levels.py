"""A book of level sums, for feeds without single orders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from quantrl import _core
from quantrl.data._columns import column_arrays
from quantrl.data._depth import depth_array
from quantrl.errors import ConfigError, DataError
from quantrl.typing import IntArray

_SIDES = {"buy": 0, "sell": 1}
_REQUIRED = {"side": "u1", "price_ticks": "i8", "qty_lots": "i8"}


class LevelBook:
    """Lots per price. Never crossed: a quote removes the opposite levels it reaches, and `purged` counts them.

    Parameters
    ----------
    base_tick : int
        Prices reach 2^31 ticks from here.
    """

    __slots__ = ("_book",)

    def __init__(self, base_tick: int = 0) -> None:
        self._book = _core.LevelBook(base_tick)

    def set(self, side: str, price_ticks: int, qty_lots: int) -> int:
        """State the lots at a price, 0 removes it; the lots that stood there before.

        Raises
        ------
        ConfigError
            An unknown side.
        DataError
            A price out of reach or negative lots.
        """
        if side not in _SIDES:
            raise ConfigError(f"side: expected buy or sell, got {side!r}")
        try:
            return self._book.set(_SIDES[side], price_ticks, qty_lots)
        except OverflowError as error:
            raise DataError(
                f"price_ticks, qty_lots: expected 64 bits, got {price_ticks}, {qty_lots}"
            ) from error

    def apply(self, columns: Mapping[str, Any] | pl.DataFrame) -> None:
        """State many levels, one a row: ``side`` uint8 (0 buy), ``price_ticks`` int64, ``qty_lots`` int64. GIL released.

        Raises
        ------
        DataError
            A column of another name, type or length, or a value out of range, with its row. No level was set.
        """
        c = column_arrays(columns, _REQUIRED, {})
        self._book.apply(c["side"], c["price_ticks"], c["qty_lots"])

    def clear(self) -> None:
        """Remove every level."""
        self._book.clear()

    def best(self) -> tuple[int | None, int | None]:
        """Highest bid and lowest ask in ticks; None where a side is empty."""
        return self._book.best()

    def depth(self, levels: int = 5, out: IntArray | None = None) -> IntArray:
        """Ticks and lots of the best levels, as `Book.depth`."""
        out = depth_array(levels, out)
        self._book.depth(out)
        return out

    def lots_at(self, side: str, price_ticks: int) -> int:
        """Lots at a price, 0 if none."""
        if side not in _SIDES:
            raise ConfigError(f"side: expected buy or sell, got {side!r}")
        return self._book.lots_at(_SIDES[side], price_ticks)

    def hash(self) -> int:
        """FNV-1a 64 over side, price and lots of every level."""
        return self._book.hash()

    @property
    def purged(self) -> int:
        """Levels removed because a quote of the other side reached them."""
        return self._book.purged
