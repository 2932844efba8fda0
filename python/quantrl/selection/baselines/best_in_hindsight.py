"""What nobody can have: the agents that will turn out best."""

from __future__ import annotations

from typing import Any, final

import numpy as np
from numpy.typing import ArrayLike

from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.baselines._recent import best
from quantrl.typing import FloatArray, JsonObject

FIRST = 63


@final
class BestInHindsight:
    """Holds the `k` agents of highest Sharpe ratio over all that is to come, 1/k each: a bound, for the lab alone.

    Parameters
    ----------
    k : int
        Slots.
    lab : bool
        The pool is a made one and the figure is called unattainable.

    Raises
    ------
    ConfigError
        `k` is below 1.
    """

    def __init__(self, k: int = 5, *, lab: bool = False) -> None:
        if k < 1:
            raise ConfigError(f"k: expected at least 1, got {k}")
        self.k, self.lab = k, lab

    def shares(self, x: ArrayLike) -> FloatArray:
        """Shares from whole histories.

        Parameters
        ----------
        x : (T, N) float64
            Returns scaled to one volatility; the first 63 days, without decisions, do not count.

        Returns
        -------
        (N,) float64
            1/k for the best; an agent whose returns do not vary is left out.

        Raises
        ------
        LookAheadError
            Not in the lab.
        DataError
            Not more than 64 days of finite numbers.
        """
        if not self.lab:
            raise LookAheadError("best in hindsight knows what is to come: for made pools, with lab=True")
        later = np.asarray(x, dtype=np.float64)
        if later.ndim != 2 or len(later) <= FIRST + 1 or not np.isfinite(later).all():
            raise DataError(f"x: expected finite returns of more than {FIRST + 1} days, got {later.shape}")
        later = later[FIRST:]
        sd = later.std(axis=0)
        varies = sd > 1e-12 * np.abs(later).max(axis=0)
        score = np.divide(later.mean(axis=0), sd, out=np.full(len(sd), np.nan), where=varies)
        found = np.zeros(len(sd))
        found[best(score, self.k)] = 1.0 / self.k
        return found

    def step(self, view: LedgerView, n_agents: int) -> FloatArray:
        """Refuses.

        Raises
        ------
        LookAheadError
            Always: a view ends before what this would have to know.
        """
        raise LookAheadError("best in hindsight cannot be asked on a LedgerView: it knows what is to come")

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"k": self.k, "lab": self.lab}

    def state_dict(self) -> dict[str, Any]:
        """Nothing is remembered."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing is remembered."""
