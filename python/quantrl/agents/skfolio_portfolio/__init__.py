"""Long-only portfolios from skfolio's optimisers, as baselines and as contest entrants."""

from __future__ import annotations

from typing import Any

from quantrl.agent import AgentSpec
from quantrl.agents.skfolio_portfolio.agent import SkfolioPortfolio

SPEC = AgentSpec(
    id="skfolio_portfolio",
    kind="optimiser",
    params={"method": "min_variance", "lookback": 252, "every": 21},
    summary="Holds the long-only mix one of skfolio's optimisers finds under a Ledoit-Wolf prior.",
    reference="Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices, "
    "J. Multivariate Analysis 88(2)",
)


def build(**params: Any) -> SkfolioPortfolio:
    """The agent, with the defaults of `SPEC` where nothing is given.

    Raises
    ------
    ConfigError
        A parameter out of range, or skfolio is not installed.
    """
    return SkfolioPortfolio(**{**SPEC.params, **params})
