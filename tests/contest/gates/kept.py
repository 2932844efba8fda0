"""Where the contest's gates keep what they counted."""

from __future__ import annotations

import numpy as np

from counts import Kept

keep = Kept("contest_gates", "Gates of the contest", "contest", f"NumPy {np.__version__}").keep
