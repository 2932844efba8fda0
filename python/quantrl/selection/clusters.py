"""Which agents are copies of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantrl.selection._parameters import number
from quantrl.selection.score import Round
from quantrl.typing import BoolArray, FloatArray, IntArray

_ROUNDING = 1e-12


class Clusters:
    """Connected components of agents whose scaled returns move together.

    Parameters
    ----------
    correlation : float
        At least this makes two agents copies.
    window : int
        Rounds looked back on.
    min_age : int
        Rounds both must have lived, and in which both must have a row among those looked back on.
    every : int
        Rounds between two looks.

    Raises
    ------
    ConfigError
        `correlation` is not above 0 and at most 1.
    """

    def __init__(
        self, correlation: float = 0.95, *, window: int = 126, min_age: int = 63, every: int = 5
    ) -> None:
        number("copy_correlation", correlation, 0.0, 1.0, above=True)
        self.correlation, self.window, self.min_age, self.every = correlation, window, min_age, every
        self.rounds = 0
        self.labels: IntArray = np.zeros(0, dtype=np.int64)
        self._x: FloatArray = np.full((window, 0), np.nan)
        self._age: IntArray = np.zeros(0, dtype=np.int64)

    def grow(self, n: int) -> None:
        """Room for n agents; a new one is alone."""
        missing = n - len(self.labels)
        if missing > 0:
            self.labels = np.append(self.labels, np.arange(len(self.labels), n))
            self._age = np.append(self._age, np.zeros(missing, dtype=np.int64))
            self._x = np.hstack([self._x, np.full((self.window, missing), np.nan)])

    def fold(self, matured: Round) -> None:
        """Take one round; look again every few rounds."""
        row = self._x[self.rounds % self.window]
        if len(matured.agent) == len(row):
            row[:] = matured.x
            self._age += 1
        else:
            row[:] = np.nan
            row[matured.agent] = matured.x
            self._age[matured.agent] += 1
        self.rounds += 1
        if self.rounds % self.every == 0:
            old = np.flatnonzero(self._age >= self.min_age)
            self.labels = np.arange(len(self._age))
            if len(old) > 1:
                x = self._x[: self.rounds, old]
                alike = correlations(x) >= self.correlation
                seen = ~np.isnan(x)
                if not seen.all():
                    shared = seen.astype(np.float64)
                    alike &= _gram(shared, shared) >= min(self.min_age, self.window)
                self.labels[old] = old[components(alike)]

    def restart(self, agents: Sequence[int]) -> None:
        """Forget agents that were changed."""
        if agents:
            which = list(agents)
            self._x[:, which] = np.nan
            self._age[which] = 0

    def state_dict(self) -> dict[str, Any]:
        """State as JSON; missing returns are null."""
        x = [[None if v != v else v for v in row] for row in self._x.tolist()]
        return {"rounds": self.rounds, "labels": self.labels.tolist(), "age": self._age.tolist(), "x": x}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        KeyError, OverflowError, TypeError, ValueError
            The state is damaged; nothing is loaded.
        """
        labels, n = np.array(state["labels"], dtype=np.int64), len(state["labels"])
        age = np.array(state["age"], dtype=np.int64).reshape(n)
        x = [[np.nan if v is None else v for v in row] for row in state["x"]]
        past = np.array(x, dtype=np.float64).reshape(self.window, n)
        if not ((labels >= 0) & (labels < n) & (age >= 0)).all():
            raise ValueError(f"clusters: expected labels below {n} and ages from 0")
        self.rounds, self.labels, self._age, self._x = int(state["rounds"]), labels, age, past


def correlations(x: FloatArray) -> FloatArray:
    """(n, n) correlations over the rows both columns have; 0 where one of them does not vary there.

    Parameters
    ----------
    x : (rounds, n) float64
        NaN where an agent had no row.
    """
    seen = ~np.isnan(x)
    if seen.all():
        centred = x - x.mean(axis=0)
        covariance, square = _gram(centred, centred), np.einsum("ti,ti->i", x, x)
        spread = covariance.diagonal()
        varies = spread > _ROUNDING * square
        scale = np.sqrt(np.multiply.outer(spread, spread))
        return _ratio(covariance, scale, np.logical_and.outer(varies, varies))
    mask = seen.astype(np.float64)
    filled = np.where(seen, x, 0.0)
    count, total, squares = _gram(mask, mask), _gram(filled, mask), _gram(filled * filled, mask)
    spreads = np.maximum(count * squares - total * total, 0.0)
    varies = spreads > _ROUNDING * count * squares
    covariance = count * _gram(filled, filled) - total * total.T
    return _ratio(covariance, np.sqrt(spreads * spreads.T), varies & varies.T)


def _gram(a: FloatArray, b: FloatArray) -> FloatArray:
    """a'b summed row by row, not by BLAS: the bits do not depend on the machine."""
    product: FloatArray = np.einsum("ti,tj->ij", a, b)
    return product


def _ratio(covariance: FloatArray, scale: FloatArray, defined: BoolArray) -> FloatArray:
    found: FloatArray = np.divide(covariance, scale, out=np.zeros_like(scale), where=defined)
    return found


def components(alike: BoolArray) -> IntArray:
    """(n,) lowest index of the connected component each item belongs to."""
    labels = np.arange(len(alike))
    changed = True
    while changed:
        lowest = np.where(alike, labels, len(labels)).min(axis=1)
        joined = np.minimum(labels, lowest)
        changed = bool((joined != labels).any())
        labels = joined
    return labels
