"""An Ornstein-Uhlenbeck fit of a spread on a grid of times, and what it would be on other draws of its noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantrl import _core
from quantrl.agents.dqn_statarb.autoregression import HIGHEST, unbiased
from quantrl.rng import generator
from quantrl.typing import FloatArray

_CELLS = 1 << 22


@dataclass(frozen=True)
class Reversion:
    """x' = c + phi x + e on the grid.

    Attributes
    ----------
    phi_ols, phi : float
        By least squares, which is biased down, and corrected: phi_ols + (1 + 3 phi_ols) / n, at most 1 - 1e-6.
    kappa : float
        Reversion rate per second, -ln(phi) / step; NaN where phi is not positive.
    s : float
        Stationary standard deviation, sd(e) / sqrt(1 - phi^2), log units.
    noise : (n,) float64
        The e, with mean 0.
    """

    phi_ols: float
    phi: float
    kappa: float
    s: float
    noise: FloatArray

    @property
    def half_life_s(self) -> float:
        """Seconds."""
        return math.log(2.0) / self.kappa


def lost() -> Reversion:
    """Of a spread that is not there."""
    return Reversion(math.nan, math.nan, math.nan, math.nan, np.empty(0))


def revert(x: FloatArray, step_s: float) -> Reversion:
    """Fit a spread (T,) whose points are `step_s` seconds apart (step 4 of the selection)."""
    ols, noise = _autoregress(x[:, None])
    phi, s = _corrected(ols, noise, len(x) - 1)
    found = float(phi[0])
    kappa = -math.log(found) / step_s if found > 0 else math.nan
    return Reversion(float(ols[0]), found, kappa, float(s[0]), noise[:, 0])


def resample(
    fit: Reversion, step_s: float, *, draws: int, seed: int, stream: int
) -> tuple[FloatArray, FloatArray]:
    """Kappa and s, (draws,) each, of spreads made of the fit and of its noise in blocks.

    Every draw runs x' = phi x + e* from 0 with e* the noise in circular blocks, and is fitted and corrected as the spread
    was. Blocks are as long as the rule of `quantrl.metrics.optimal_block` says, at least the cube root of n. Kappa is 0
    where a draw has a phi of 1 - 1e-6 or more, NaN where phi is not positive.
    """
    n = len(fit.noise)
    length = min(n, max(math.ceil(n ** (1 / 3)), math.ceil(_core.optimal_block(fit.noise))))
    blocks = -(-n // length)
    random = generator(seed, stream, "bootstrap")
    kappa, s = np.empty(draws), np.empty(draws)
    at_once = max(1, _CELLS // n)
    for start in range(0, draws, at_once):
        part = slice(start, min(start + at_once, draws))
        firsts = random.integers(0, n, size=(blocks, part.stop - start))
        rows = (firsts[:, None, :] + np.arange(length)[None, :, None]) % n
        noise = fit.noise[rows.reshape(blocks * length, -1)[:n]]
        ols, left = _autoregress(_run(fit.phi, noise))
        phi, s[part] = _corrected(ols, left, n)
        defined = np.where(phi > 0.0, phi, np.nan)
        kappa[part] = np.where(phi >= HIGHEST, 0.0, -np.log(defined) / step_s)
    return kappa, s


def _run(phi: float, noise: FloatArray) -> FloatArray:
    """(n + 1, draws) paths from 0."""
    path = np.zeros((len(noise) + 1, noise.shape[1]))
    for t, e in enumerate(noise):
        path[t + 1] = phi * path[t] + e
    return path


def _autoregress(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Slope (K,) and residuals (T - 1, K) of every column of x (T, K) on its last value and a constant."""
    before, after = x[:-1] - x[:-1].mean(axis=0), x[1:] - x[1:].mean(axis=0)
    slope = (before * after).sum(axis=0) / (before * before).sum(axis=0)
    return slope, after - slope * before


def _corrected(ols: FloatArray, noise: FloatArray, n: int) -> tuple[FloatArray, FloatArray]:
    """Phi without its first-order bias, and s."""
    phi = unbiased(ols, n)
    sd = np.sqrt((noise * noise).sum(axis=0) / (n - 2))
    return phi, sd / np.sqrt(1.0 - phi * phi)
