"""Market columns of a pair observation from whole histories, each window anew."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np


def clip(values: Iterable[float]) -> list[float]:
    """Within +-5."""
    return [max(-5.0, min(5.0, value)) for value in values]


def _standard(x: float, rows: np.ndarray) -> float:
    sd = rows.std()
    return float((x - rows.mean()) / sd) if sd > 0 else 0.0


class Windows:
    """Everything seen since the windows began.

    Attributes
    ----------
    beta : float
        Hedge ratio known after the last row.
    warm_up : int
        Rows before the first that may be shown.
    """

    def __init__(self, config: Any) -> None:
        self.config, self.w = config, config.decisions_back or 4
        self.mids: list[list[float]] = []
        self.spread: list[float] = []
        self.flows: list[list[float]] = []
        self.quotes: Any = None
        self.alpha, self.beta, self.error = config.alpha, config.beta, 0.0
        self.gain = self.loss = self.up = self.down = self.reversion = 0.0
        back = 4 * self.w if 4 * self.w > 60 else 60
        self.warm_up = back + self.w * (config.hedge != "fixed") if config.is_rolling else 1
        *q, self.r = config.variances
        self.q, self.p = np.diag(q), self.w * np.diag(q)
        self.step_sd = config.step_sd or math.sqrt(-math.expm1(-2 * config.kappa_dt))

    def push(self, mids: list[float], quotes: Any) -> None:
        """One decision's row."""
        x = mids[0] - self.alpha - self.beta * mids[1]
        if self.spread:
            self._advance(x - self.spread[-1], self.spread[-1], x)
            self.flows.append([_flow(a, b) for a, b in zip(self.quotes, quotes, strict=True)])
        else:
            self.flows.append([0.0, 0.0])
        self.mids.append(mids)
        self.spread.append(x)
        self.quotes = quotes
        if self.config.hedge == "rolling" and len(self.mids) >= self.w:
            self._fit()
        if self.config.hedge == "kalman":
            self._filter(*mids)

    def _fit(self) -> None:
        y, u = np.array(self.mids[-self.w :]).T
        du, dy = u - u.mean(), y - y.mean()
        self.beta = float(du @ dy / (du @ du))
        self.alpha = float(y.mean() - self.beta * u.mean())
        rest = dy - self.beta * du
        self.error = math.sqrt(float(rest @ rest) / (self.w - 2) / float(du @ du))

    def _filter(self, y: float, u: float) -> None:
        h, known = np.array([1.0, u]), np.array([self.alpha, self.beta])
        p = self.p + self.q
        gain = p @ h / (h @ p @ h + self.r)
        self.alpha, self.beta = (known + gain * (y - h @ known)).tolist()
        self.p = p - np.outer(gain, h @ p)
        self.error = math.sqrt(self.p[1, 1])

    def _advance(self, step: float, before: float, now: float) -> None:
        self.gain += (max(step, 0.0) - self.gain) / 14
        self.loss += (max(-step, 0.0) - self.loss) / 14
        s, phi = self.config.s, math.exp(-self.config.kappa_dt)
        e = (now - phi * before) / (s * self.step_sd)
        g = max(-6.0, min(6.0, e * before / s))
        self.up, self.down = max(0.0, self.up + e - 0.1), max(0.0, self.down - e - 0.1)
        self.reversion = max(0.0, self.reversion + g - 0.05)

    def z(self) -> float:
        """Of the last row."""
        x = self.spread[-1]
        if self.config.z == "known":
            return x / self.config.s
        return _standard(x, np.array(self.spread[-self.w :]))

    def columns(self, quotes: Any) -> list[float]:
        """Market part of an observation, not clipped."""
        x, s = self.spread[-1], self.config.s
        unit = s * self.step_sd
        if self.config.features == "core":
            return [self.z(), (x - self.spread[-2]) / unit]
        spread = np.array(self.spread)
        rsi = 100 * self.gain / (self.gain + self.loss) if self.gain + self.loss else 50.0
        block_s = [
            self.z(),
            *((x - spread[-1 - j]) / (unit * math.sqrt(j)) for j in (1, 5, 20)),
            *((x - spread[-n:].mean()) / s for n in (5, 20, 60)),
            0.5 * _standard(x, spread[-20:]),
            rsi / 50 - 1,
            _standard(x, spread[-4 * self.w :]),
        ]
        books = [value for leg in (0, 1) for value in self._book(leg, quotes[leg])]
        return [*block_s, *self._regime(spread), *self._volatility(spread), *books]

    def _regime(self, spread: np.ndarray) -> list[float]:
        w, mids = self.w, np.array(self.mids[-self.w - 1 :])
        a, b = spread[-w - 1 : -1], spread[-w:]
        raw = float((a - a.mean()) @ (b - b.mean()) / ((a - a.mean()) @ (a - a.mean())))
        phi = min(1 - 1e-6, max(1e-3, raw + (1 + 3 * raw) / w))
        train = self.config.kappa_dt or 20 * math.log(2) / w
        changes = np.diff(mids, axis=0)
        return [
            math.log(train / -math.log(phi)),
            (self.beta - self.config.beta) / self.error if self.error > 0 else 0.0,
            math.log(float(b.std()) / self.config.s),
            max(self.up / 40, self.down / 40, self.reversion / 120),
            float(np.corrcoef(changes.T)[0, 1]),
        ]

    def _volatility(self, spread: np.ndarray) -> list[float]:
        back = max(self.w, 60) + 1
        moves = np.diff(np.array(self.mids[-back:]), axis=0)
        columns = [moves[:, 0], moves[:, 1], np.diff(spread[-back:])]
        last = [float(c[-1] / c[-self.w :].std()) for c in columns[:2]]

        def rms(column: np.ndarray, n: int) -> float:
            return math.sqrt(float(np.mean(column[-n:] ** 2)))

        return last + [math.log(rms(c, 60) / rms(c, self.w)) for c in columns]

    def _book(self, leg: int, quote: tuple[int, int, int]) -> list[float]:
        bid, ask, _ = quote
        flows = [row[leg] for row in self.flows[-20:]]
        return [
            (ask - bid) / (ask + bid) / self.config.s,
            0.0,
            0.0,
            flows[-1],
            sum(flows),
            0.0,
            0.0,
            0.0,
            0.0,
        ]


def _flow(before: tuple[int, int, int], now: tuple[int, int, int]) -> float:
    """Cont, Kukanov and Stoikov (2014), in depths."""
    bids = int(now[0] >= before[0]) - int(now[0] <= before[0])
    asks = int(now[1] >= before[1]) - int(now[1] <= before[1])
    return float(bids + asks)
