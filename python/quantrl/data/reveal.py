"""Shows a panel bar by bar: copies what has become known into memory that agents can read, not write."""

from __future__ import annotations

import os
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quantrl.data.sealed import Sealed, frozen
from quantrl.data.view import MASK, NEVER, TIME, Bar, View
from quantrl.typing import IntArray

if TYPE_CHECKING:
    from quantrl.data.panel import Panel


class Reveal:
    """Hands out a `View` for one time after another.

    Parameters
    ----------
    panel : Panel
        Not reachable from the views.

    Notes
    -----
    Going forward by one bar copies one row of every column. Going back, or going on in a forked process,
    starts a new buffer, so that no view ever sees more than it did when it was made.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._end_times: list[int] = panel.time.tolist()
        self._cash = frozen(np.zeros(panel.n_instruments), np.float64)
        self._now, self._n = _NEVER_SHOWN, 0
        self._start()

    def at(self, t_ns: int) -> View:
        """What is knowable at `t_ns`, with nothing held."""
        if t_ns < self._now or os.getpid() != self._process:
            self._start()
        ended = self._end_times
        n = self._n
        if n < len(ended) and ended[n] <= t_ns:
            n = bisect_right(ended, t_ns, lo=n)
            for source, target in self._plain:
                target[self._n : n] = source[self._n : n]
            self._n = n
        for column in self._late:
            column.advance(t_ns)
        self._now = t_ns
        bar = Bar(t_ns, n, self._panel.instruments, self._arrays, self._arrived, self._cash)
        return View(bar, self._cash)

    def _start(self) -> None:
        panel = self._panel
        sources: dict[str, NDArray[Any]] = {TIME: panel.time, **panel.columns}
        sources |= {MASK + name: mask for name, mask in panel.masks.items()}
        arrivals = {name if name in panel.columns else MASK + name: at for name, at in panel.late.items()}
        size = sum(Sealed.room(array.shape, array.dtype) for array in (*sources.values(), *arrivals.values()))
        memory = Sealed(size)
        self._arrays: dict[str, NDArray[Any]] = {}
        self._arrived: dict[str, IntArray] = {}
        self._plain: list[tuple[NDArray[Any], NDArray[Any]]] = []
        self._late: list[_Late] = []
        for name, source in sources.items():
            target, self._arrays[name] = memory.take(source.shape, source.dtype, _EMPTY[source.dtype.kind])
            if name in arrivals:
                at = arrivals[name]
                seen, self._arrived[name] = memory.take(at.shape, at.dtype, NEVER)
                self._late.append(_Late(source, target, at, seen))
            else:
                self._plain.append((source, target))
        self._process = os.getpid()
        self._now, self._n = _NEVER_SHOWN, 0


_NEVER_SHOWN = int(np.iinfo(np.int64).min)
_EMPTY: dict[str, Any] = {"f": np.nan, "b": False, "i": NEVER}


class _Late:
    """One column whose cells arrive in an order of their own: sorted once, then copied as they come."""

    def __init__(self, source: NDArray[Any], target: NDArray[Any], at: IntArray, seen: IntArray) -> None:
        by_row = at.ndim == 1
        self._source = source if by_row else source.reshape(-1)
        self._target = target if by_row else target.reshape(-1)
        self._at, self._seen = at.reshape(-1), seen.reshape(-1)
        self._order = np.argsort(self._at, kind="stable")
        self._sorted = self._at[self._order]
        self._done = 0

    def advance(self, t_ns: int) -> None:
        """Copy every cell that became known up to `t_ns`."""
        stop = int(np.searchsorted(self._sorted, t_ns, side="right"))
        if stop > self._done:
            cells = self._order[self._done : stop]
            self._target[cells] = self._source[cells]
            self._seen[cells] = self._at[cells]
            self._done = stop
