"""Curves and capital of a run as the frames every page of the package is drawn from."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.contest.evaluate.books import Books
from quantrl.contest.evaluate.turnover import target_weights
from quantrl.contest.report.entries import RANDOM_BOOK


def equity(books: Books) -> pl.DataFrame:
    """``time``, ``book:<name>``, ``agent:<label>``: equity after each day; random choice as the mean over its seeds."""
    tables = books.tables
    start = tables.summary.settings.initial_cash
    columns = {"time": pl.Series(tables.matured)}
    for name in books.shared:
        columns[f"book:{name}"] = pl.Series(start * np.cumprod(1.0 + tables.column(name)))
    if books.random is not None:
        curves = start * np.cumprod(1.0 + books.random.net, axis=0)
        columns[f"book:{RANDOM_BOOK}"] = pl.Series(curves.mean(axis=1))
    for agent, name in books.agents.items():
        columns[f"agent:{agent}"] = pl.Series(start * np.cumprod(1.0 + tables.column(name)))
    return pl.DataFrame(columns)


def decisions(books: Books) -> pl.DataFrame:
    """``decided``, ``c:<agent>`` capital and ``w:<symbol>`` netted targets of the engine the book follows."""
    tables = books.tables
    engine = tables.summary.research_contest.engine
    days, shares = tables.shares(engine)
    columns = {"decided": pl.Series([tables.decided[int(day)] for day in days], dtype=pl.Int64)}
    columns |= {f"c:{agent}": pl.Series(shares[:, i]) for i, agent in enumerate(tables.agents)}
    if tables.weights.height:
        symbols = tables.weights["symbol"].unique().sort().to_list()
        weights = target_weights(tables, engine)
        columns |= {f"w:{symbol}": pl.Series(weights[:, i]) for i, symbol in enumerate(symbols)}
    return pl.DataFrame(columns)
