"""How often tests claim skill where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quantrl import _core
from quantrl.errors import ConfigError
from quantrl.selection._parameters import whole

KINDS = ("P0", "P0-clones")
ALPHA = 0.05
_CHUNK = 10
_AGENTS = 40
_FULL = 500
_MOST = 0.07
_Z = 1.6448536269514722


@dataclass(frozen=True)
class Rates:
    """Shares of null pools in which a test at 5 % finds something.

    Attributes
    ----------
    kind : str
        ``P0``, or ``P0-clones``: ten copies of one agent among them.
    days, runs : int
        Length and number of the pools.
    stepm, spa, white : float
        Any agent named by the step-down test; Hansen's test; White's reality check.
    evidence : float
        Any agent certified by an e-process, all days looked at.
    best : float
        The best agent alone beyond the 95 % quantile, as if it had been the only one.
    """

    kind: str
    days: int
    runs: int
    stepm: float
    spa: float
    white: float
    evidence: float
    best: float

    @property
    def limit(self) -> float:
        """7 % from 500 runs on; for fewer what an exact test at 5 % exceeds once in a thousand experiments."""
        if self.runs >= _FULL:
            return _MOST
        return max(_MOST, ALPHA + 3.09 * math.sqrt(ALPHA * (1 - ALPHA) / self.runs))

    @property
    def passed(self) -> bool:
        """No claim is made too often."""
        return max(self.stepm, self.spa) <= self.limit and self.evidence <= ALPHA


def null_rates(
    *,
    runs: int = 500,
    seed: int = 11,
    days: tuple[int, ...] = (252, 504),
    draws: int = 500,
    threads: int = 1,
    progress: Callable[[int, int, str], None] | None = None,
) -> list[Rates]:
    """Test skill-free pools against cash.

    Parameters
    ----------
    runs : int
        Pools of each kind and length.
    seed : int
    days : tuple of int
        Lengths, each at least 64.
    draws : int
        Bootstrap replicates per test; mean block 10.
    threads : int
        Results do not depend on it.
    progress : callable, optional
        Told how many pools are done, of how many, and which kind is next.

    Raises
    ------
    ConfigError
        A number out of range.
    """
    if runs < 1:
        raise ConfigError(f"runs: expected at least 1, got {runs}")
    whole("threads", threads, 1)
    plan = [(kind, length) for kind in KINDS for length in days]
    found = []
    for at, (kind, length) in enumerate(plan):
        blocks = []
        chunk = _CHUNK * threads
        for first in range(0, runs, chunk):
            if progress is not None:
                progress(at * runs + first, len(plan) * runs, f"{kind}, {length} days")
            count = min(chunk, runs - first)
            blocks.append(
                _core.lab_claims(
                    kind, seed=seed, first=first, count=count, days=length, draws=draws, threads=threads
                )
            )
        columns = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
        shares = {
            "stepm": columns["named"] <= ALPHA,
            "spa": columns["spa"] <= ALPHA,
            "white": columns["white"] <= ALPHA,
            "evidence": columns["evidence"] > math.log(_AGENTS / ALPHA),
            "best": columns["best"] > _Z,
        }
        found.append(Rates(kind, length, runs, **{name: float(hit.mean()) for name, hit in shares.items()}))
    return found
