"""Where the money came from: profit of each instrument before and after what trading it cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantrl.backtest._books import Books

if TYPE_CHECKING:
    from quantrl.backtest.result import Result


def attribution(result: Result) -> pl.DataFrame:
    """What each instrument earned.

    Returns
    -------
    polars.DataFrame
        In order of the panel: ``instrument profit costs net bars``. `profit` from prices and dividends, `costs` fees and
        slippage, `net` their difference, all in currency; `bars` on which it was held at the close.

    Notes
    -----
    The sum of `net`, interest and the fees of shorts (negative) is what the account gained; the audit checks it. O(T N).
    """
    books = Books.of(result)
    costs = np.zeros(books.units.shape[1])
    np.add.at(costs, books.fills.instrument, books.fills.fee + books.fills.slippage)
    alive = slice(None) if books.ruined_at is None else slice(0, books.ruined_at + 1)
    profit = (books.profit[alive] + books.payouts[alive]).sum(axis=0)
    return pl.DataFrame(
        {
            "instrument": list(result.bars.instruments),
            "profit": profit,
            "costs": costs,
            "net": profit - costs,
            "bars": (books.units != 0.0).sum(axis=0),
        }
    )
