"""Score frames made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.selection import ScoreFrame


def frame(mean: Any, **given: Any) -> ScoreFrame:
    """Ready agents with these scores; NaN = not ready."""
    score = np.asarray(mean, dtype=np.float64)
    ready = ~np.isnan(score)
    n = len(score)
    columns: dict[str, Any] = {
        "mean": score,
        "sd": np.where(ready, 0.1, np.nan),
        "n_eff": np.full(n, 100.0),
        "age": np.full(n, 200),
        "acted": np.full(n, 200),
        "share": np.ones(n),
        "psr_abs": np.full(n, 0.8),
        "scale": np.ones(n),
        "vol_ann": np.full(n, 0.1),
        "ready": ready,
        "drawdown": np.zeros(n),
        "cusum": np.zeros(n),
    }
    return ScoreFrame(**{**columns, **{k: np.asarray(v) for k, v in given.items()}})
