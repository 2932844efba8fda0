"""The zero-intelligence trader: what the ratings of a factor would have earned (eq. 5 of arXiv 2508.00554).

A pair is one rating of one symbol, with that symbol's return r of the same day. R = 100 r, in per cent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from quantrl.backtest.fills import fill_prices
from quantrl.contest.types import Rating
from quantrl.errors import ConfigError, DataError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel

Pairs = Sequence[tuple[int, float]]
Locked = Literal["out", "zero"]
CLIP = 20.0  # per cent; in the released code


def paper_sum(pairs: Pairs) -> float:
    """Sum of rating x R over all pairs, eq. 5; NaN without pairs. Ten lines on one symbol earn it ten times."""
    return math.fsum(rating * 100.0 * r for rating, r in pairs) if pairs else math.nan


def paper_mean(pairs: Pairs) -> float:
    """`paper_sum` per pair; NaN without pairs."""
    return paper_sum(pairs) / len(pairs) if pairs else math.nan


def implied(pairs: Pairs) -> float:
    """Return of the portfolio of unit gross whose weights are the ratings; 0 if all are 0, NaN without pairs."""
    if not pairs:
        return math.nan
    gross = sum(abs(rating) for rating, _ in pairs)
    return math.fsum(rating * r for rating, r in pairs) / gross if gross else 0.0


def repo_positive_clipped(pairs: Pairs) -> float:
    """As released: sum of rating x R over ratings above 0, R clipped at 20 per cent, per pair of any rating."""
    if not pairs:
        return math.nan
    won = (rating * min(max(100.0 * r, -CLIP), CLIP) for rating, r in pairs if rating > 0)
    return math.fsum(won) / len(pairs)


SCORES: dict[str, Callable[[Pairs], float]] = {
    "paper_sum": paper_sum,
    "paper_mean": paper_mean,
    "implied": implied,
    "repo_positive_clipped": repo_positive_clipped,
}


@dataclass(frozen=True)
class ZiScore:
    """Every score of one factor, side by side.

    Parameters
    ----------
    paper_sum, paper_mean, implied, repo_positive_clipped : float
        NaN without a pair that can be priced.
    pairs : int
        Ratings that were priced.
    left_out : int
        Ratings without a price, or limit-locked.
    """

    paper_sum: float
    paper_mean: float
    implied: float
    repo_positive_clipped: float
    pairs: int
    left_out: int

    def get(self, name: str) -> float:
        """The score of this name.

        Raises
        ------
        ConfigError
            Unknown name.
        """
        if name not in SCORES:
            raise ConfigError(f"data score: unknown {name!r}; choose one of: {', '.join(SCORES)}")
        return float(getattr(self, name))


def score(pairs: Pairs, left_out: int = 0) -> ZiScore:
    """All scores of ratings that have a price.

    Raises
    ------
    DataError
        A rating outside -2..2, or a return that is not finite.
    """
    for index, (rating, r) in enumerate(pairs):
        if rating not in (-2, -1, 0, 1, 2) or not math.isfinite(r):
            raise DataError(
                f"pair {index}: expected a rating of -2..2 and a finite return, got {rating}, {r}"
            )
    values = {name: formula(pairs) for name, formula in SCORES.items()}
    return ZiScore(**values, pairs=len(pairs), left_out=left_out)


def score_ratings(ratings: Iterable[Rating], symbols: Sequence[str], returns: FloatArray) -> ZiScore:
    """All scores of the ratings of one factor.

    Parameters
    ----------
    ratings : iterable of Rating
        Made at d(s).
    symbols : sequence of str
        N names.
    returns : (N,) float64
        r(s) of each; NaN leaves its pairs out. One row of `day_returns`.

    Raises
    ------
    DataError
        A symbol that is not among `symbols`, or an infinite return.
    """
    column = {symbol: index for index, symbol in enumerate(symbols)}
    pairs: list[tuple[int, float]] = []
    left_out = 0
    for rating in ratings:
        if rating.symbol not in column:
            raise DataError(f"rating of {rating.symbol!r}: not among the {len(column)} symbols of the panel")
        r = float(returns[column[rating.symbol]])
        if math.isnan(r):
            left_out += 1
        else:
            pairs.append((rating.rating, r))
    return score(pairs, left_out)


def day_returns(panel: Panel, fill: str = "next_open", *, locked: Locked = "out") -> FloatArray:
    """r(s) = o(s) -> o(s+1), as a zero-intelligence trader can have it.

    Parameters
    ----------
    panel : Panel
        Prices must hold splits and dividends (`Panel.adjusted`), or their returns are wrong on those days.
    fill : str
        ``next_open``; ``next_close`` reads the close for the open.
    locked : {'out', 'zero'}
        What a name that cannot be both bought and sold on bar s gets: nothing, or a return of 0 as released.

    Returns
    -------
    (T, N) float64
        Row s is known at `Clock.matured_at(s)` and not before. NaN: a price is missing or the name is locked; the
        last row is always NaN.

    Raises
    ------
    ConfigError
        Unknown `fill` or `locked`, or the panel lacks the column.
    """
    if locked not in ("out", "zero"):
        raise ConfigError(f"locked: expected out or zero, got {locked!r}")
    price = fill_prices(panel, fill)
    returns = np.full(price.shape, np.nan)
    returns[:-1] = price[1:] / price[:-1] - 1.0
    stuck = panel.tradable & ~(panel.can_buy & panel.can_sell) & ~np.isnan(returns)
    returns[stuck] = np.nan if locked == "out" else 0.0
    return returns
