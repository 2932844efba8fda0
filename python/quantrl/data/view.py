"""What an agent sees: everything knowable at one time, and nothing else.

A `View` refers to no panel and no `Reveal`. Its arrays lie in memory that only the `Reveal` can write to and
that holds no value of the future.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.data.sealed import frozen
from quantrl.errors import DataError, LookAheadError
from quantrl.typing import BoolArray, FloatArray, IntArray

# no column can bear these names: they cannot be printed, or are empty
MASK = "\x00mask:"
TIME = ""
NEVER = np.iinfo(np.int64).max


class Bar:
    """One moment, shared by the views of all agents: the slices that were asked for are made once."""

    __slots__ = ("arrays", "arrived", "cash", "instruments", "n", "now", "slices")

    def __init__(
        self,
        now: int,
        n: int,
        instruments: tuple[str, ...],
        arrays: dict[str, NDArray[Any]],
        arrived: dict[str, IntArray],
        cash: FloatArray,
    ) -> None:
        self.now = now
        self.n = n
        self.instruments = instruments
        self.arrays = arrays
        self.arrived = arrived
        self.cash = cash
        self.slices: dict[str, NDArray[Any]] = {}

    def slice(self, name: str) -> NDArray[Any]:
        """Rows below n of one array; zero-copy, except for columns whose cells arrive late."""
        rows = self.arrays[name][: self.n]
        if name in self.arrived:
            at = self.arrived[name][: self.n]
            seen = at <= self.now
            missing = np.nan if rows.dtype.kind == "f" else False
            rows = frozen(np.where(seen if at.ndim == 2 else seen[:, None], rows, missing), rows.dtype)
        self.slices[name] = rows
        return rows


class View:
    """Market data knowable at `now`, and the agent's own weights.

    Made by `Reveal.at` and `Panel.as_of`. ``view["close"]`` is the (n, N) history of a column: rows of bars
    that ended at or before `now`, NaN where a value is missing or not yet available. Arrays are read-only.
    """

    __slots__ = ("_bar", "_held")

    def __init__(self, bar: Bar, held: FloatArray) -> None:
        self._bar = bar
        self._held = held

    @property
    def now(self) -> int:
        """Decision time, ns UTC."""
        return self._bar.now

    @property
    def n(self) -> int:
        """Number of bars that have ended."""
        return self._bar.n

    @property
    def n_instruments(self) -> int:
        """N."""
        return len(self._bar.instruments)

    @property
    def instruments(self) -> tuple[str, ...]:
        """Symbols, in column order."""
        return self._bar.instruments

    @property
    def held(self) -> FloatArray:
        """(N,) the agent's own weights, drifted to `now`; zeros before its first trade."""
        return self._held

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(name for name in self._bar.arrays if name != TIME and not name.startswith(MASK))

    @property
    def time(self) -> IntArray:
        """(n,) bar ends, ns UTC."""
        return self._get(TIME)

    @property
    def tradable(self) -> BoolArray:
        """(n, N) bool: there is a close, and no mask forbids trading."""
        known = (
            ~np.isnan(self["close"])
            if "close" in self
            else np.ones((self.n, self.n_instruments), dtype=np.bool_)
        )
        name = MASK + "tradable"
        return known & self._get(name) if name in self._bar.arrays else known

    @property
    def member(self) -> BoolArray:
        """(n, N) bool: in the universe, as far as it was known; all true where the panel has no such mask."""
        name = MASK + "member"
        if name in self._bar.arrays:
            return self._get(name)
        return np.ones((self.n, self.n_instruments), dtype=np.bool_)

    def __getitem__(self, column: str) -> FloatArray:
        bar = self._bar
        found = bar.slices.get(column)
        if found is None:
            if column not in self:
                raise DataError(f"no column {column!r}; this view has: {', '.join(self.columns)}")
            found = bar.slice(column)
        return found

    def __contains__(self, column: object) -> bool:
        return column in self._bar.arrays and column != TIME and not str(column).startswith(MASK)

    def __repr__(self) -> str:
        return (
            f"View(now={self.now}, n={self.n}, {self.n_instruments} instruments, {', '.join(self.columns)})"
        )

    def last(self, column: str = "close") -> FloatArray:
        """(N,) values of the newest bar; NaN where missing.

        Raises
        ------
        DataError
            No bar has ended yet.
        """
        return self.row(column, self.n - 1)

    def row(self, column: str, index: int) -> FloatArray:
        """(N,) values of the bar with this index, counted from 0.

        Raises
        ------
        LookAheadError
            The bar has not ended yet.
        DataError
            `index` is negative.
        """
        if index >= self.n:
            raise LookAheadError(f"bar {index} is not known yet: {self.n} bars have ended at {self.now}")
        if index < 0:
            raise DataError(f"expected a bar from 0 to {self.n - 1}, got {index}; {self.n} bars have ended")
        row: FloatArray = self[column][index]
        return row

    def index_at(self, t_ns: int) -> int:
        """Index of the last bar that ended at or before `t_ns`; -1 if none had.

        Raises
        ------
        LookAheadError
            `t_ns` lies after `now`.
        """
        if t_ns > self.now:
            raise LookAheadError(f"time {t_ns} lies after the decision time {self.now}")
        return int(np.searchsorted(self.time, t_ns, side="right")) - 1

    def window(self, column: str, n: int) -> FloatArray:
        """(n, N) the newest `n` bars of a column, oldest first.

        Raises
        ------
        DataError
            Fewer than `n` bars have ended, or `n` is negative.
        """
        end = self.n
        if not 0 <= n <= end:
            raise DataError(f"window of {n} bars of {column!r}: {end} bars have ended")
        return self[column][end - n :]

    def returns(self, n: int) -> FloatArray:
        """(n, N) the newest `n` simple close returns; NaN where one of the two closes is missing.

        Raises
        ------
        DataError
            Fewer than n + 1 bars have ended.
        """
        close = self.window("close", n + 1)
        result: FloatArray = close[1:] / close[:-1] - 1.0
        return result

    def with_held(self, held: FloatArray) -> View:
        """The same moment seen by an agent that holds these weights, which are copied.

        Raises
        ------
        DataError
            `held` is not (N,).
        """
        own = np.array(held, dtype=np.float64)
        if own.shape != self._held.shape:
            raise DataError(f"held: expected shape {self._held.shape}, got {own.shape}")
        own.setflags(write=False)
        return View(self._bar, own)

    def _get(self, name: str) -> NDArray[Any]:
        found = self._bar.slices.get(name)
        return self._bar.slice(name) if found is None else found
