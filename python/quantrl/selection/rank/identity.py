"""One scorer, taken at its word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._parameters import number, whole
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.rank import Ranking, ordered, posterior_draws
from quantrl.typing import BoolArray, FloatArray, JsonObject


@final
@dataclass(frozen=True)
class Identity:
    """Orders by ``mean + hysteresis * sd * held``: a funded agent keeps its place until clearly overtaken.

    Parameters
    ----------
    hysteresis : float
        Bonus of funded agents in posterior standard deviations.
    seed : int
        Key of the draws behind `Ranking.p_top_k`.
    """

    hysteresis: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        number("rank identity: hysteresis", self.hysteresis, 0, 1e6)
        whole("rank identity: seed", self.seed, 0)

    def accept(self, n_frames: int) -> None:
        """Agree to one score frame.

        Raises
        ------
        ConfigError
            Another number.
        """
        if n_frames != 1:
            raise ConfigError(f"rank identity: expected one score frame, got {n_frames}")

    def rank(self, frames: Sequence[ScoreFrame], held: BoolArray) -> Ranking:
        """Order by the only frame.

        Raises
        ------
        ConfigError
            Not exactly one frame.
        """
        self.accept(len(frames))
        frame = frames[0]
        key = frame.mean + self.hysteresis * frame.sd * held

        def chance(k: int) -> FloatArray:
            if not frame.n_ready:
                return np.zeros(len(frame))
            return posterior_draws(self.seed, len(frame)).top_k(frame.mean, frame.sd, k)

        return ordered(key, chance)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"hysteresis": self.hysteresis, "seed": self.seed}
