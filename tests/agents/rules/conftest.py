"""Views for the rule tests: closes in, the view of their last bar out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import ArrayLike

from quantrl.data import Panel, View
from quantrl.units import NS_PER_DAY


@pytest.fixture(scope="session")
def view_of() -> Callable[..., View]:
    """``view_of(closes (T, N), held=None)``: what is known after the last of T daily closes."""

    def make(closes: ArrayLike, held: ArrayLike | None = None) -> View:
        close = np.array(closes, dtype=np.float64)
        time = NS_PER_DAY * np.arange(1, len(close) + 1, dtype=np.int64)
        panel = Panel.from_arrays({"close": close}, time, [f"N{i}" for i in range(close.shape[1])])
        return panel.as_of(int(time[-1]), held=None if held is None else np.array(held, dtype=np.float64))

    return make


@pytest.fixture(scope="session")
def view_of_returns(view_of: Callable[..., View]) -> Callable[..., View]:
    """``view_of_returns(returns (T, N))``: closes start at 100 and earn the given returns."""

    def make(returns: ArrayLike) -> View:
        grown = np.cumprod(1.0 + np.array(returns, dtype=np.float64), axis=0)
        return view_of(100.0 * np.vstack([np.ones((1, grown.shape[1])), grown]))

    return make
