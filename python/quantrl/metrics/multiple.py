"""Several tests at once."""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from quantrl import _core
from quantrl.errors import ConfigError, DataError
from quantrl.metrics._arrays import as_column
from quantrl.typing import FloatArray


def holm(p_values: ArrayLike) -> FloatArray:
    """P-values adjusted for their number by Holm's step-down rule.

    Parameters
    ----------
    p_values : (m,) float64
        One per test, each in [0, 1]; NaN is refused.

    Returns
    -------
    (m,) float64
        In the order given. Rejecting what is below alpha keeps the chance of any false rejection below alpha,
        whatever the dependence of the tests.

    Raises
    ------
    DataError
        A value is outside [0, 1]; the message gives its row.

    References
    ----------
    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian J. Statistics 6.
    """
    return _core.holm(as_column(p_values, "p_values"))


def false_discovery(p_values: ArrayLike, *, any_dependence: bool = False) -> FloatArray:
    """P-values adjusted for the false discovery rate by the step-up rule of Benjamini and Hochberg.

    Parameters
    ----------
    p_values : (m,) float64
        One per test, each in [0, 1]; NaN is refused.
    any_dependence : bool
        Hold under any dependence of the tests (Benjamini and Yekutieli), at the price of a factor 1 + 1/2 + ... + 1/m.

    Returns
    -------
    (m,) float64
        In the order given. Of what is rejected at alpha, a share of at most alpha is wrong on average.

    Raises
    ------
    DataError
        A value is outside [0, 1]; the message gives its row.

    References
    ----------
    Benjamini and Hochberg (1995), Controlling the false discovery rate, JRSS B 57. Benjamini and Yekutieli (2001), The
    control of the false discovery rate in multiple testing under dependency, Annals of Statistics 29.
    """
    return _core.false_discovery(as_column(p_values, "p_values"), bool(any_dependence))


def null_share(p_values: ArrayLike, *, above: float = 0.5) -> float:
    """Share of the tests whose null hypothesis is true, by how many p-values are large.

    Parameters
    ----------
    p_values : (m,) float64
        At least one, each in [0, 1].
    above : float
        Values above it count as null; in [0, 1).

    Returns
    -------
    float in [0, 1]

    Raises
    ------
    DataError
        No values, or one outside [0, 1].
    ConfigError
        `above` is out of range.

    References
    ----------
    Storey (2002), A direct approach to false discovery rates, JRSS B 64.
    """
    values = as_column(p_values, "p_values")
    if not len(values):
        raise DataError("p_values: expected at least one, got none")
    if not 0 <= above < 1:
        raise ConfigError(f"above: expected a number from 0 to below 1, got {above!r}")
    return _core.null_share(values, float(above))


def null_probability(
    sharpe: float, *, alternative: float, standard_error: float, null: float = 0.0, share: float
) -> float:
    """Probability that an agent has no skill, given the Sharpe ratio it showed.

    Parameters
    ----------
    sharpe : float
        Estimate, in any unit that the others share.
    alternative, null : float
        True ratio of an agent with skill and of one without.
    standard_error : float
        Of the estimate, positive (`sharpe_standard_error`).
    share : float
        Share of agents without skill (`null_share`), in (0, 1).

    Returns
    -------
    float in [0, 1]
        The local false discovery rate.

    Raises
    ------
    ConfigError
        A number is not finite or out of range.

    References
    ----------
    Efron, Tibshirani, Storey and Tusher (2001), Empirical Bayes analysis of a microarray experiment, JASA 96.
    """
    if not all(map(math.isfinite, (sharpe, alternative, null))) or alternative == null:
        raise ConfigError(
            f"expected finite ratios and an alternative beside the null, got {sharpe}, {alternative}, {null}"
        )
    if not 0 < standard_error < math.inf or not 0 < share < 1:
        raise ConfigError(
            f"standard_error, share: expected above 0 and in (0, 1), got {standard_error} and {share}"
        )
    error = float(standard_error)
    return _core.null_probability(
        float(sharpe), (float(null), error), (float(alternative), error), float(share)
    )
