"""An optimiser as an agent: a window of returns in, weights out, and the last weights where it fails."""

from __future__ import annotations

from typing import final

import numpy as np

from quantrl.agent import Decision
from quantrl.agents.rules._decision import decision, waiting
from quantrl.agents.rules._indicators import volatility
from quantrl.agents.rules._parameters import whole
from quantrl.agents.skfolio_portfolio.optimisers import METHODS, Unsolved, check_installed, solve
from quantrl.data import View
from quantrl.errors import ConfigError

_ID = "skfolio_portfolio"


@final
class SkfolioPortfolio:
    """One of skfolio's optimisers over `lookback` returns, every `every` bars.

    Parameters
    ----------
    method : str
        ``min_variance``, ``max_sharpe``, ``cvar`` (95 %), ``hrp`` or ``risk_parity``.
    lookback : int
        Returns in the window; a name without all of them, or whose price stands still, gets nothing.
    every : int
        Bars between decisions.

    Attributes
    ----------
    failures : int
        Decisions at which the solver gave no portfolio; the units held were kept then.

    Raises
    ------
    ConfigError
        A parameter out of range, or skfolio is not installed.
    """

    __slots__ = ("every", "failures", "lookback", "method")

    def __init__(self, method: str, lookback: int, every: int) -> None:
        if method not in METHODS:
            raise ConfigError(f"agent {_ID}: method expects one of {', '.join(METHODS)}, got {method!r}")
        whole(_ID, "lookback", lookback, least=2)
        whole(_ID, "every", every, least=1)
        check_installed()
        self.method, self.lookback, self.every = method, lookback, every
        self.failures = 0

    def decide(self, view: View) -> Decision:
        """Fully invested in the names with a complete history that move."""
        wait = waiting(view, needed=self.lookback + 1, every=self.every)
        if wait is not None:
            return wait
        returns = view.returns(self.lookback)
        vol = volatility(returns)
        known = np.isfinite(vol)
        weights = np.zeros(view.n_instruments)
        if known.any():
            try:
                weights[known] = solve(self.method, returns[:, known])
            except Unsolved:
                self.failures += 1
                return Decision.hold(view.n_instruments)
        return decision(view, weights, "volatility", vol)
