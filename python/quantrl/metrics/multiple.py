"""Several tests at once."""

from __future__ import annotations

from numpy.typing import ArrayLike

from quantrl import _core
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
