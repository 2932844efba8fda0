"""Hierarchical risk parity of the funded agents' returns."""

from __future__ import annotations

import warnings
from typing import Any, final

import numpy as np

from quantrl.selection._parameters import installed, whole
from quantrl.selection._window import Window
from quantrl.selection.allocate import among
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.learning import News
from quantrl.selection.select import Selection
from quantrl.typing import FloatArray, JsonObject

LEAST_ROUNDS = 21
_GRAIN = 1e-9


@final
class Hrp:
    """Shares the capital of the filled slots by skfolio's ``HierarchicalRiskParity`` with a Ledoit-Wolf covariance of
    volatility-scaled returns; equally where too few rounds are shared or skfolio gives no portfolio.

    Shares are cut to whole billionths, so that the last bits of another machine's linear algebra change no decision.

    Parameters
    ----------
    window : int
        Rounds looked back on; those all funded agents have count, and at least 21 are needed.

    Raises
    ------
    ConfigError
        A parameter out of range, or skfolio is not installed.

    References
    ----------
    Lopez de Prado (2016), Building diversified portfolios that outperform out of sample, J. Portf. Manag. 42(4).
    """

    def __init__(self, window: int = 126) -> None:
        self.window = whole("allocate hrp: window", window, LEAST_ROUNDS)
        installed("allocate hrp", "skfolio")
        self._returns = Window(self.window)

    def learn(self, news: News) -> None:
        """Keep what matured."""
        self._returns.fold(news)

    def allocate(self, selection: Selection, frame: ScoreFrame) -> FloatArray:
        """(A,) shares; empty slots stay cash."""
        worth = np.ones(len(frame))
        ids = sorted(selection.agents)
        x = self._returns.of(ids)
        if len(ids) > 1 and len(x) >= LEAST_ROUNDS:
            worth[ids] = parity(x)
        shares: FloatArray = np.floor(among(selection, worth) / _GRAIN) * _GRAIN
        return shares

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"window": self.window}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return self._returns.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._returns.load_state_dict(state)


def parity(x: FloatArray) -> FloatArray:
    """(n,) skfolio's weights for returns (T, n); equal where it has none."""
    from skfolio.exceptions import SkfolioError
    from skfolio.moments import LedoitWolf
    from skfolio.optimization import HierarchicalRiskParity
    from skfolio.prior import EmpiricalPrior

    equal = np.full(x.shape[1], 1.0 / x.shape[1])
    model = HierarchicalRiskParity(prior_estimator=EmpiricalPrior(covariance_estimator=LedoitWolf()))
    failures = (SkfolioError, ValueError, ArithmeticError, np.linalg.LinAlgError)
    try:
        # What it says on its way does not matter: the weights are checked below.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = np.asarray(model.fit(x).weights_, dtype=np.float64)
    except failures:
        return equal
    return found if np.isfinite(found).all() and (found >= 0).all() and found.any() else equal
