"""Accounts that are first marked, then asked what they hold, then told what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from quantrl import _core
from quantrl.backtest.settings import Settings
from quantrl.errors import DataError
from quantrl.typing import FloatArray

SERIES = ("equity", "cash", "cost", "traded", "gross", "scale", "fill_equity")
"""What is recorded of each account on each bar, in the engine's order."""
EQUITY, CASH, COST, TRADED, GROSS, SCALE, FILL_EQUITY = range(len(SERIES))
_SAME_BAR = "close"
_BEFORE_CLOSE = ("next_open", "next_typical")
_Step = tuple[float, ...]


class Books:
    """K accounts of equal settings walked through the same bars.

    An agent decides on what it holds after the fills of this bar. So every account runs on the engine's same-bar
    fill, and what ``next_*`` decided waits here: `arrive` fills it and marks, `decide` takes the next decision. The
    numbers are those of `run_weights` with the configured fill, bit for bit.

    Parameters
    ----------
    count : int
        K.
    n_instruments : int
    settings : Settings
    n_bars : int
        Room for this many bars of history.

    Attributes
    ----------
    history : (n_bars, K, 7) float64
        `SERIES` of every account after each bar.
    """

    def __init__(self, count: int, n_instruments: int, settings: Settings, n_bars: int) -> None:
        self.fill, self.n_instruments = settings.fill, n_instruments
        self._config = replace(settings, fill=_SAME_BAR).core(n_instruments)
        self._accounts = [_core.BarAccount(self._config) for _ in range(count)]
        self._steps = [account.step for account in self._accounts]
        self._due: Sequence[FloatArray | None] = [None] * count
        self.history: FloatArray = np.full((n_bars, count, len(SERIES)), np.nan)

    def arrive(self, bar: int, close: FloatArray, price: FloatArray) -> None:
        """Fill what is due at the prices of this bar, and mark at its close."""
        if self.fill in _BEFORE_CLOSE:
            filled = [step(price, price, due) for step, due in zip(self._steps, self._due, strict=True)]
            marked = [step(close, close) for step in self._steps]
            self.history[bar] = [_joined(a, b) for a, b in zip(filled, marked, strict=True)]
        elif self.fill == _SAME_BAR:
            self.history[bar] = [step(close, close) for step in self._steps]
        else:
            self.history[bar] = [
                step(close, price, due) for step, due in zip(self._steps, self._due, strict=True)
            ]

    def held(self) -> FloatArray:
        """(K, N) fractions of equity held at the last mark."""
        return np.array([account.weights() for account in self._accounts])

    def held_by(self, account: int) -> FloatArray:
        """(N,) fractions of equity one account holds at the last mark."""
        return self._accounts[account].weights()

    def decide(
        self, bar: int, weights: Sequence[FloatArray | None], close: FloatArray, price: FloatArray
    ) -> None:
        """Take one decision (N,) per account, None for nothing; filled now or when the next bar arrives."""
        if self.fill == _SAME_BAR:
            self.history[bar] = [
                step(close, price, due) for step, due in zip(self._steps, weights, strict=True)
            ]
        else:
            self._due = weights

    def state(self, bar: int) -> list[Any]:
        """Accounts, what is due, and the history of this bar and the one before, as plain values."""
        due = [None if one is None else np.asarray(one, dtype=np.float64).tobytes() for one in self._due]
        history = self.history[max(bar - 1, 0) : bar + 1].tobytes()
        return [[account.state() for account in self._accounts], due, history]

    def restore(self, bar: int, state: list[Any]) -> None:
        """Go on where `state` was taken.

        Raises
        ------
        DataError
            Another number of accounts or instruments.
        """
        accounts, due, history = state
        if len(accounts) != len(self._accounts):
            raise DataError(f"accounts: expected {len(self._accounts)}, got {len(accounts)}")
        self._accounts = [_core.BarAccount.from_state(self._config, one) for one in accounts]
        self._steps = [account.step for account in self._accounts]
        self._due = [None if one is None else np.frombuffer(one) for one in due]
        rows = self.history[max(bar - 1, 0) : bar + 1]
        rows[:] = np.frombuffer(history).reshape(rows.shape)


def _joined(filled: _Step, marked: _Step) -> _Step:
    equity, cash, _, _, gross, _, _ = marked
    _, _, cost, traded, _, scale, fill_equity = filled
    return (equity, cash, cost, traded, gross, scale, fill_equity)
