"""The optimisers by name. skfolio is imported when one is built, so that the package stays small without it."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

CVAR_LEVEL = 0.95


class Unsolved(Exception):  # noqa: N818 (not an error of the caller: the agent counts it and holds)
    """No valid weights came out of an optimiser."""


def check_installed() -> None:
    """Refuse to go on without skfolio.

    Raises
    ------
    ConfigError
        It is not installed; names the extra.
    """
    if importlib.util.find_spec("skfolio") is None:
        raise ConfigError("skfolio_portfolio: needs skfolio, got none; install quantrl[baselines]")


def solve(method: str, returns: FloatArray) -> FloatArray:
    """Weights (n,) of one optimiser on returns (t, n) without gaps: not negative, sum one.

    Raises
    ------
    Unsolved
        The solver failed, or its weights are no portfolio.
    """
    from cvxpy import SolverError
    from skfolio.exceptions import SkfolioError

    if returns.shape[1] == 1:
        return np.ones(1)
    failures = (SkfolioError, SolverError, ValueError, ArithmeticError, np.linalg.LinAlgError)
    try:
        # What a solver says on its way does not matter: its weights are checked below.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = METHODS[method]().fit(returns).weights_
    except failures as error:
        raise Unsolved(str(error)) from error
    return _portfolio(np.asarray(found, dtype=np.float64))


def _portfolio(weights: FloatArray) -> FloatArray:
    total = np.maximum(weights, 0.0).sum()
    if not np.isfinite(weights).all() or not 0.99 < total < 1.01:
        raise Unsolved(f"expected long-only weights that sum to one, got a sum of {total:g}")
    kept: FloatArray = np.maximum(weights, 0.0) / total
    return kept


def _prior() -> Any:
    from skfolio.moments import LedoitWolf
    from skfolio.prior import EmpiricalPrior

    return EmpiricalPrior(covariance_estimator=LedoitWolf())


def _mean_risk(objective: str, risk: str) -> Any:
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    return MeanRisk(
        objective_function=ObjectiveFunction[objective],
        risk_measure=RiskMeasure[risk],
        cvar_beta=CVAR_LEVEL,
        prior_estimator=_prior(),
    )


def _hierarchical_risk_parity() -> Any:
    """Lopez de Prado (2016), Building diversified portfolios that outperform out of sample, JPM 42(4)."""
    from skfolio.optimization import HierarchicalRiskParity

    return HierarchicalRiskParity(prior_estimator=_prior())


def _risk_parity() -> Any:
    """Maillard, Roncalli and Teiletche (2010), The properties of equally weighted risk contribution, JPM 36(4)."""
    from skfolio.optimization import RiskBudgeting

    return RiskBudgeting(prior_estimator=_prior())


METHODS: dict[str, Callable[[], Any]] = {
    "min_variance": lambda: _mean_risk("MINIMIZE_RISK", "VARIANCE"),
    "max_sharpe": lambda: _mean_risk("MAXIMIZE_RATIO", "VARIANCE"),
    "cvar": lambda: _mean_risk("MINIMIZE_RISK", "CVAR"),
    "hrp": _hierarchical_risk_parity,
    "risk_parity": _risk_parity,
}
"""Builders of an unfitted optimiser, long-only and fully invested by skfolio's defaults."""
