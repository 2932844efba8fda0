"""Automatic mean block of the stationary bootstrap, step by step from the two papers."""

from __future__ import annotations

import numpy as np


def autocovariance(x: np.ndarray, lag: int) -> float:
    centred = x - x.mean()
    return float(centred[lag:] @ centred[: len(x) - lag]) / len(x)


def flat_top(t: float) -> float:
    t = abs(t)
    return 1.0 if t <= 0.5 else 2 * (1 - t) if t <= 1 else 0.0


def optimal_block(x: np.ndarray) -> float:
    """Politis and White (2004), section 3.2, with D of the stationary bootstrap as corrected in 2009."""
    n = len(x)
    run = max(5, int(np.ceil(np.sqrt(np.log10(n)))))
    lags = int(np.ceil(np.sqrt(n))) + run
    rho = np.array([autocovariance(x, k) for k in range(lags + 1)]) / autocovariance(x, 0)
    critical = 2 * np.sqrt(np.log10(n) / n)
    window = lags
    for m in range(lags - run + 1):
        if all(abs(rho[m + k]) < critical for k in range(1, run + 1)):
            window = min(2 * max(m, 1), lags)
            break
    both = range(-window, window + 1)
    r = [autocovariance(x, abs(k)) for k in both]
    g = sum(flat_top(k / window) * abs(k) * r_k for k, r_k in zip(both, r, strict=True))
    d = 2 * sum(flat_top(k / window) * r_k for k, r_k in zip(both, r, strict=True)) ** 2
    block = (2 * g**2 / d) ** (1 / 3) * n ** (1 / 3)
    return float(np.clip(block, 1.0, np.ceil(min(3 * np.sqrt(n), n / 3))))
