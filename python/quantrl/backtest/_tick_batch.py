"""Many sessions stepped in one call, into arrays of the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl._exact import nanoseconds
from quantrl.backtest import actions as _actions
from quantrl.backtest._tick_columns import TABLES
from quantrl.backtest._tick_config import TickConfig
from quantrl.data.events import EventFile
from quantrl.errors import ConfigError
from quantrl.typing import IntArray

#: Columns of `account_out`; cash and turnover in cash units, fees in billionths of one.
ACCOUNT: tuple[str, ...] = tuple(TABLES["account"])


class TickBatch:
    """`n` sessions that share nothing that changes; any number of threads gives the same.

    Parameters
    ----------
    files : sequence of EventFile
        Session i runs ``files[i % len(files)]``, with stream i.
    config : TickConfig
    n : int or None
        Sessions; one a file by default.
    dt : int or str
        Time a step takes.
    threads : int

    Raises
    ------
    ConfigError
        No file, files of different numbers of instruments, or settings that do not go with one.
    """

    def __init__(
        self,
        files: Sequence[EventFile],
        config: TickConfig | None = None,
        n: int | None = None,
        *,
        dt: int | str = "100ms",
        threads: int = 1,
    ) -> None:
        if not files:
            raise ConfigError("files: expected at least one, got none")
        self.n = len(files) if n is None else n
        if isinstance(self.n, bool) or not isinstance(self.n, int) or self.n < 1:
            raise ConfigError(f"n: expected at least 1, got {n!r}")
        if threads < 1:
            raise ConfigError(f"threads: expected at least 1, got {threads}")
        self.dt_ns = nanoseconds("dt", dt)
        if self.dt_ns < 0:
            raise ConfigError(f"dt: expected 0 or more, got {dt!r}")
        self.n_instruments = len(files[0].instruments)
        chosen = config or TickConfig()
        plans = {id(file): chosen.plan(file) for file in files}
        self._bound: tuple[Any, ...] | None = None
        self._flats: tuple[NDArray[Any], ...] = ()
        self._core = _core.TickBatch([plans[id(file)] for file in files], self.n, threads)

    def outputs(
        self, levels: int, width: int = 0
    ) -> tuple[IntArray, IntArray, NDArray[np.uint8], NDArray[np.uint64]]:
        """New arrays for `step`: depth, account, done, references of `width` actions."""
        n, rows = self.n, self.n_instruments
        return (
            np.zeros((n, rows, 2, levels, 2), np.int64),
            np.zeros((n, rows, len(ACCOUNT)), np.int64),
            np.zeros(n, np.uint8),
            np.zeros((n, width), np.uint64),
        )

    def step(
        self,
        actions: NDArray[Any],
        depth_out: IntArray,
        account_out: IntArray,
        done_out: NDArray[np.uint8],
        refs_out: NDArray[np.uint64] | None = None,
    ) -> None:
        """Send a row of actions to every session and let all of them go on for `dt`; one that has ended stays so.

        Parameters
        ----------
        actions : (n, A) array of `actions.ACTION`
            `op` 0 is none.
        depth_out : (n, instruments, 2, levels, 2) int64
            Bids, then asks of the local book; best first; ticks and lots; zeros behind the last level.
        account_out : (n, instruments, 8) int64
            See `ACCOUNT`.
        done_out : (n,) uint8
            1 where nothing is left.
        refs_out : (n, A) uint64 or None
            References of orders opened; of other actions as given.

        Raises
        ------
        ConfigError
            An array of another type or shape, or not writable and C-contiguous: it is named.
        OrderError
            The first action no venue would be sent, by its place in the flat array: no session has changed then.
        """
        arrays = (actions, depth_out, account_out, done_out, refs_out)
        if self._bound is None or any(a is not b for a, b in zip(arrays, self._bound, strict=True)):
            self._bind(*arrays)
        rows, depth, account, refs, done = self._flats
        self._core.step(rows, self.dt_ns, depth, account, refs, done)

    def _bind(self, actions: Any, depth: Any, account: Any, done: Any, refs: Any) -> None:
        """Judge arrays once; the same ones need no second look, as what is kept are views of their memory."""
        width = actions.shape[1] if isinstance(actions, np.ndarray) and actions.ndim == 2 else 0
        levels = depth.shape[3] if isinstance(depth, np.ndarray) and depth.ndim == 5 else 1
        n, rows = self.n, self.n_instruments
        given = np.empty((n, width), np.uint64) if refs is None else refs
        self._flats = (
            _flat("actions", actions, _actions.ACTION, (n, width)).view(np.uint8),
            _flat("depth_out", depth, np.dtype(np.int64), (n, rows, 2, levels, 2)),
            _flat("account_out", account, np.dtype(np.int64), (n, rows, len(ACCOUNT))),
            _flat("refs_out", given, np.dtype(np.uint64), (n, width)),
            _flat("done_out", done, np.dtype(np.uint8), (n,)),
        )
        self._bound = (actions, depth, account, done, refs)

    def hashes(self) -> list[int]:
        """Hash of every session, as `TickSession.hash`."""
        return self._core.hashes()

    def snapshot(self, session: int) -> bytes:
        """The session of a number for `TickSession.restore`."""
        if not 0 <= session < self.n:
            raise ConfigError(f"session: expected 0 to {self.n - 1}, got {session}")
        return self._core.snapshot(session)


def _flat(name: str, array: Any, dtype: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.shape != shape:
        got = f"{array.dtype} {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise ConfigError(f"{name}: expected {dtype} of shape {shape}, got {got}")
    if not array.flags.c_contiguous or not (array.flags.writeable or name == "actions"):
        raise ConfigError(f"{name}: expected a writable, C-contiguous array")
    return array.reshape(-1)
