"""Tests of cointegration, by statsmodels."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import BoolArray, FloatArray

MOST_LAGS = 10
_COLLINEAR = 1e-10


@dataclass(frozen=True)
class Fit:
    """y = alpha + beta u + x by least squares.

    Attributes
    ----------
    alpha, beta, se : float
        `se` is the usual standard error of beta; of levels with a unit root it understates what is not known.
    x : (T,) float64
        Residuals.
    collinear : bool
        What is left is rounding.
    """

    alpha: float
    beta: float
    se: float
    x: FloatArray
    collinear: bool


def fit(y: FloatArray, u: FloatArray) -> Fit:
    """Regress `y` on `u`, both (T,), and a constant."""
    centred, moved = u - u.mean(), y - y.mean()
    beta = float(centred @ moved / (centred @ centred))
    x = moved - beta * centred
    left = float(x @ x)
    se = float(np.sqrt(left / (len(y) - 2) / (centred @ centred)))
    return Fit(float(y.mean() - beta * u.mean()), beta, se, x, left <= _COLLINEAR * float(moved @ moved))


def engle_granger(y: FloatArray, u: FloatArray) -> float:
    """P-value of "no cointegration", `y` on `u` and a constant, lags by AIC (step 1 of the selection).

    1 where the regressions of the test are singular.
    """
    with _statsmodels() as tools:
        try:
            return float(tools.coint(y, u, trend="c", autolag="aic")[1])
        except np.linalg.LinAlgError:
            return 1.0


@dataclass(frozen=True)
class Johansen:
    """Trace statistics of rank 0 and rank at most 1 beside their 95 % values, and the ratio of the first vector."""

    trace: tuple[float, float]
    critical: tuple[float, float]
    beta: float
    lags: int


def johansen(y: FloatArray, u: FloatArray) -> Johansen | None:
    """Step 2 of the selection: order of the VAR in levels by BIC, less one, 1 to 10 differences; None if singular."""
    levels = np.column_stack([y, u])
    with _statsmodels() as tools:
        try:
            order = int(tools.VAR(levels).select_order(MOST_LAGS + 1).bic)
            lags = min(max(order - 1, 1), MOST_LAGS)
            found = tools.coint_johansen(levels, det_order=0, k_ar_diff=lags)
        except np.linalg.LinAlgError:
            return None
    vector = found.evec[:, 0]
    return Johansen(
        (float(found.lr1[0]), float(found.lr1[1])),
        (float(found.cvt[0, 1]), float(found.cvt[1, 1])),
        float(-vector[1] / vector[0]) if vector[0] else float("nan"),
        lags,
    )


def halves(y: FloatArray, u: FloatArray) -> float:
    """Step 3: p-value of "a unit root" of the second half's spread, with the ratio of the first half.

    NaN where a half does not move.
    """
    middle = len(y) // 2
    if np.ptp(u[:middle]) == 0:
        return float("nan")
    spread = y[middle:] - fit(y[:middle], u[:middle]).beta * u[middle:]
    if np.ptp(spread) == 0:
        return float("nan")
    with _statsmodels() as tools:
        return float(tools.adfuller(spread, regression="c", autolag="AIC")[1])


def benjamini_hochberg(p_values: FloatArray, level: float) -> BoolArray:
    """Which of (m,) p-values are refused at a false discovery rate of `level`.

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the false discovery rate, J. R. Statist. Soc. B 57.
    """
    with _statsmodels() as tools:
        return np.asarray(tools.multipletests(p_values, level, method="fdr_bh")[0])


@contextmanager
def _statsmodels() -> Iterator[Any]:
    """The functions used here; what statsmodels warns of is judged by us.

    Raises
    ------
    ConfigError
        It is not installed.
    """
    try:
        from quantrl.agents.dqn_statarb.pairs import _statsmodels
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "statsmodels":
            raise
        raise ConfigError(
            "pair selection needs statsmodels, which comes with the extra baselines: "
            "pip install 'quantrl[baselines]'"
        ) from None
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield _statsmodels
