"""A panel as the environments read it: total-return relatives, masks and log prices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.data.sealed import frozen
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.errors import ConfigError, DataError
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.data import Panel

DEFAULT_FEATURES = ("close", "high", "low", "open")
VOL_BARS = 63
LEAST_VOL = 1e-4


@dataclass(frozen=True, eq=False)
class Market:
    """Arrays of T rows and N names. Made by `Market.of`; read-only.

    Attributes
    ----------
    features : (T, N, F) float32
        Natural logarithms of prices on the total-return chain, the close first; NaN before a name's first price. A
        halted row repeats the last price.
    cc, co, oc : (T, N) float64
        Close over previous close, open over previous close, close over open; 1 where a name is halted. `co` and `oc`
        are None where the panel has no opens.
    can_buy, can_sell : (T, N) uint8
        0 where a halt or a price limit forbids it.
    first : (N,) int64
        First row with a price; T for a name that has none.
    time : (T,) int64
        Bar ends, ns UTC.
    instruments : tuple of str
    columns : tuple of str
        Names of the F price columns.
    periods_per_year : float
    """

    features: NDArray[np.float32]
    cc: FloatArray
    co: FloatArray | None
    oc: FloatArray | None
    can_buy: NDArray[np.uint8]
    can_sell: NDArray[np.uint8]
    first: IntArray
    time: IntArray
    instruments: tuple[str, ...]
    columns: tuple[str, ...]
    periods_per_year: float

    @staticmethod
    def of(panel: Panel, config: PortfolioConfig | None = None) -> Market:
        """The market of a panel.

        Parameters
        ----------
        panel : Panel
            With closes. Returns come from its total-return chain where it has one, else from its closes.
        config : PortfolioConfig, optional
            Which price columns, which fill, which periods per year.

        Raises
        ------
        DataError
            No closes; no opens for ``next_open``.
        ConfigError
            A price column the panel does not have, or periods per year that nobody gave.
        """
        config = PortfolioConfig.of(fill="next_close") if config is None else config
        names = _columns(panel, config)
        growth, first = _growth(panel)
        opens = panel["open"] / panel["close"] if "open" in panel else None
        oc = None if opens is None else np.where(np.isnan(opens), 1.0, 1.0 / opens)
        co = None if opens is None else growth * np.where(np.isnan(opens), 1.0, opens)
        return Market(
            features=frozen(_features(panel, names, growth, first), np.float32),
            cc=frozen(growth, np.float64),
            co=None if co is None else frozen(co, np.float64),
            oc=None if oc is None else frozen(oc, np.float64),
            can_buy=frozen(panel.can_buy, np.uint8),
            can_sell=frozen(panel.can_sell, np.uint8),
            first=first,
            time=panel.time,
            instruments=panel.instruments,
            columns=names,
            periods_per_year=_annual(panel, config),
        )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(T, N, F)."""
        rows, names, features = self.features.shape
        return rows, names, features

    @cached_property
    def id(self) -> str:
        """sha256 over all arrays, instruments and row times."""
        digest = hashlib.sha256(repr((self.shape, self.instruments, self.columns)).encode())
        for array in (self.features, self.cc, self.co, self.oc, self.can_buy, self.can_sell, self.time):
            digest.update(b"none" if array is None else np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    @cached_property
    def core(self) -> _core.PortfolioMarket:
        """The engine's own copy, checked once and shared by every batch on this market."""
        return _core.PortfolioMarket(
            self.features, self.cc, self.co, self.oc, self.can_buy, self.can_sell, self.first
        )

    @cached_property
    def log_inverse_vol(self) -> FloatArray:
        """(T, N) -ln sigma of the last 63 returns up to each row (as many as there are before that), floor 1e-4."""
        returns = self.cc - 1.0
        zero = np.zeros((1, returns.shape[1]))
        sums = np.concatenate([zero, np.cumsum(returns, axis=0)])
        squares = np.concatenate([zero, np.cumsum(returns * returns, axis=0)])
        stop = np.arange(1, len(returns) + 1)
        start = np.maximum(stop - VOL_BARS, 0)
        count = (stop - start)[:, None]
        mean = (sums[stop] - sums[start]) / count
        variance = np.maximum((squares[stop] - squares[start]) / count - mean * mean, 0.0)
        return frozen(-np.log(np.maximum(np.sqrt(variance), LEAST_VOL)), np.float64)

    def row_at(self, t_ns: int) -> int:
        """Rows that end at or before a time."""
        return int(np.searchsorted(self.time, t_ns, side="right"))


def _columns(panel: Panel, config: PortfolioConfig) -> tuple[str, ...]:
    if "close" not in panel:
        raise DataError(f"panel: expected a column 'close', got {', '.join(panel.columns)}")
    if config.fill == "next_open" and "open" not in panel:
        raise DataError(
            "fill: next_open needs a column 'open', and the panel has none; name fill='next_close'"
        )
    names = config.features or tuple(name for name in DEFAULT_FEATURES if name in panel)
    for name in names:
        if name not in panel:
            raise ConfigError(f"env.features: no column {name!r}; the panel has: {', '.join(panel.columns)}")
    return names


def _growth(panel: Panel) -> tuple[FloatArray, IntArray]:
    """Close over previous close, 1 where there is none, and each name's first row."""
    known = ~np.isnan(panel["close"])
    first = np.where(known.any(axis=0), known.argmax(axis=0), panel.n_bars).astype(np.int64)
    if "preclose" in panel or "adj_close" in panel or panel.adjust == "total":
        simple = panel.total_return()
    else:
        before = np.vstack((np.full(panel.n_instruments, np.nan), panel.marks()[:-1]))
        simple = panel["close"] / before - 1.0
    return np.where(np.isnan(simple), 1.0, 1.0 + simple), first


def _features(
    panel: Panel, names: tuple[str, ...], growth: FloatArray, first: IntArray
) -> NDArray[np.float64]:
    rows = np.arange(panel.n_bars)[:, None]
    start = np.where(first < panel.n_bars, np.minimum(first, panel.n_bars - 1), 0)
    level = np.log(panel.marks()[start, np.arange(panel.n_instruments)])
    chain = np.cumsum(np.log(growth), axis=0)
    chain = level + chain - chain[start, np.arange(panel.n_instruments)]
    chain = np.where(rows >= first, chain, np.nan)
    ratios = [np.log(panel[name] / panel["close"]) for name in names]
    return np.stack([chain + np.where(np.isnan(ratio), 0.0, ratio) for ratio in ratios], axis=2)


def _annual(panel: Panel, config: PortfolioConfig) -> float:
    periods = config.periods_per_year or panel.periods_per_year
    if periods is None:
        raise ConfigError(
            "env.periods_per_year: required for this panel, for example 252; it is never guessed"
        )
    return float(periods)
