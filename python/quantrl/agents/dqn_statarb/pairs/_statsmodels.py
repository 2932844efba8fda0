"""What is used of statsmodels, imported by `cointegration` when first needed."""

from __future__ import annotations

from statsmodels.stats.multitest import multipletests
from statsmodels.tsa.api import VAR
from statsmodels.tsa.stattools import adfuller, coint
from statsmodels.tsa.vector_ar.vecm import coint_johansen

__all__ = ["VAR", "adfuller", "coint", "coint_johansen", "multipletests"]
