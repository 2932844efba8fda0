"""What a scorer says about every agent at one time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from quantrl.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class ScoreFrame:
    """Scores of agents 0..A-1; every array is (A,).

    Attributes
    ----------
    mean, sd : float64
        Shrunken score and its posterior standard deviation; NaN where not ready.
    n_eff : float64
        Effective number of acted rows.
    age, acted : int64
        Rounds lived and rounds acted in.
    share : float64
        Decayed share of rounds acted in.
    psr_abs : float64
        Probability that the mean net return exceeds zero: the only score that compares with cash.
    scale : float64
        Factor that brings the agent to the target volatility.
    vol_ann : float64
        Annual volatility the factor rests on.
    ready : bool
        Old enough to be ranked.
    drawdown, cusum : float64
        Of the volatility-scaled returns since the agent was last funded; drawdown is a negative fraction.
    flags : tuple of (agent, str)
        What a reader should know, such as a volatility below the floor.
    """

    mean: FloatArray
    sd: FloatArray
    n_eff: FloatArray
    age: IntArray
    acted: IntArray
    share: FloatArray
    psr_abs: FloatArray
    scale: FloatArray
    vol_ann: FloatArray
    ready: BoolArray
    drawdown: FloatArray
    cusum: FloatArray
    flags: tuple[tuple[int, str], ...] = field(default=())

    def with_path(self, drawdown: FloatArray, cusum: FloatArray) -> ScoreFrame:
        """The same scores with these paths."""
        return ScoreFrame(
            self.mean,
            self.sd,
            self.n_eff,
            self.age,
            self.acted,
            self.share,
            self.psr_abs,
            self.scale,
            self.vol_ann,
            self.ready,
            drawdown,
            cusum,
            self.flags,
        )

    def __len__(self) -> int:
        return len(self.mean)

    @property
    def n_ready(self) -> int:
        """How many agents can be ranked."""
        return int(np.count_nonzero(self.ready))
