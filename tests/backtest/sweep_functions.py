"""Functions of weights for sweeps in several processes."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import numpy as np

from quantrl.typing import FloatArray


def tilted(panel: Any, name: int, weight: float) -> FloatArray:
    weights = np.full(panel.shape, 0.01)
    weights[:, name] = weight
    return weights


def dies_once(panel: Any, name: int, weight: float, mark: str) -> FloatArray:
    """As `tilted`; the process that is first to run name 2 is killed, once."""
    if name == 2 and not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return tilted(panel, name, weight)
