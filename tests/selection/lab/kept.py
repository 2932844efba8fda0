"""Counts of full runs, in docs/results."""

from __future__ import annotations

import numpy as np

from counts import Kept

keep = Kept("selection_gates", "Gates of selection", "selection", f"NumPy {np.__version__}").keep
