"""An account as vectorbt's own object, for whoever wants its plots and its accessors of trades and drawdowns."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.backtest._books import Books
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.backtest.result import Result

_CASH_NOISE = 1e-9


def portfolio(result: Result, engine: str | None = None) -> Any:
    """`Result.to_vectorbt`: every fill of the account as an order of that many units at that price with that fee."""
    try:
        package: Any = importlib.import_module("vectorbt")
        pandas: Any = importlib.import_module("pandas")
    except ImportError as error:
        raise ConfigError(
            f"to_vectorbt needs {error.name}, which comes with the extra vectorbt: pip install 'quantrl[vectorbt]'"
        ) from None
    books = Books.of(result)
    _refuse_what_it_lacks(result, books)
    bars, fills = result.bars, books.fills
    index = None if bars.panel is None else pandas.to_datetime(bars.time, utc=True)
    at = (fills.bar, fills.instrument)

    def columns(values: FloatArray, empty: float) -> Any:
        matrix = np.full(bars.shape, empty)
        matrix[at] = values
        return pandas.DataFrame(matrix, index=index, columns=list(bars.instruments))

    with np.errstate(all="ignore"):
        return package.Portfolio.from_orders(
            pandas.DataFrame(books.mark, index=index, columns=list(bars.instruments)),
            size=columns(fills.units, np.nan),
            size_type="amount",
            price=columns(fills.price + fills.slippage / fills.units, np.nan),
            fixed_fees=columns(np.maximum(fills.fee, 0.0), 0.0),
            init_cash=result.settings.initial_cash,
            group_by=True,
            cash_sharing=True,
            call_seq="auto",
            freq=pandas.Timedelta(days=365.0 / bars.periods_per_year),
            engine=engine,
        )


def _refuse_what_it_lacks(result: Result, books: Books) -> None:
    """Its accounts move by orders alone and never borrow."""
    held = np.vstack([np.zeros((1, books.units.shape[1])), books.units[:-1]])
    problems = {
        "cash is borrowed": books.cash < -_CASH_NOISE * result.settings.initial_cash,
        "dividends, interest or fees of shorts are booked": np.abs(books.due).sum(axis=0) > 0.0,
        "units change by a split": (np.abs(books.before - held) > 0.0).any(axis=1),
        "a position ends without an order": (np.abs(books.ended) > 0.0).any(axis=1),
    }
    for problem, where in problems.items():
        if where.any():
            bar = int(np.argmax(where))
            raise ConfigError(f"to_vectorbt: bar {bar}: {problem}, which vectorbt's portfolio cannot express")
