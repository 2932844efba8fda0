"""What a policy does with its actions: whether they move, and whether they sit on their bounds."""

from __future__ import annotations

import numpy as np

from quantrl.agents.sharpe_portfolio.evaluation.controls import Floats
from quantrl.envs import PortfolioConfig
from quantrl.typing import FloatArray

_STILL = 1e-18
_BOUNDS = {"tilt": (-1.0, 1.0), "softmax01": (0.0, 1.0), "identity": (0.0, 1.0)}


def diagnose(config: PortfolioConfig, actions: Floats, spread: FloatArray | None) -> dict[str, float | None]:
    """How logits vary.

    Parameters
    ----------
    config : PortfolioConfig
    actions : (R, K + 1) float32
        Deterministic actions of one policy in order, before they are clipped.
    spread : (K + 1,) float64, optional
        Standard deviation of the policy's exploration.

    Returns
    -------
    dict
        ``explained_by_state``: variance of the mean action over time in that of the sampled one, mean over actions;
        None without `spread`. ``moves``: variance over time in the variance over time and names; near 0 for a
        static portfolio. ``autocorrelation``: lag 1, mean over the risky actions that move. ``clipped``: share of
        actions on or past a bound.
    """
    logits = np.asarray(actions, dtype=np.float64)
    variance = logits.var(axis=0)
    low, high = _BOUNDS[config.action_map]
    return {
        "explained_by_state": None if spread is None else _share(variance, variance + spread**2),
        "moves": _share(variance.mean(), logits.var()),
        "autocorrelation": _lag_one(logits[:, 1:]),
        "clipped": float(np.mean((logits <= low) | (logits >= high))),
    }


def average(found: list[dict[str, float | None]]) -> dict[str, float | None]:
    """Mean of each figure over the policies for which it is defined."""
    means = {}
    for name in found[0]:
        values = [one[name] for one in found]
        known = [value for value in values if value is not None]
        means[name] = float(np.mean(known)) if known else None
    return means


def _share(part: FloatArray | np.floating, whole: FloatArray | np.floating) -> float | None:
    parts, wholes = np.atleast_1d(part), np.atleast_1d(whole)
    defined = wholes > _STILL
    return float(np.mean(parts[defined] / wholes[defined])) if defined.any() else None


def _lag_one(logits: FloatArray) -> float | None:
    centred = logits - logits.mean(axis=0)
    power = (centred**2).sum(axis=0)
    moving = power > _STILL * len(logits)
    if not moving.any():
        return None
    return float(np.mean((centred[1:] * centred[:-1]).sum(axis=0)[moving] / power[moving]))
