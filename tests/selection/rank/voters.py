"""Score frames of several voters, drawn."""

from __future__ import annotations

import numpy as np

from quantrl.selection import ScoreFrame
from selection.frames import frame


def voters(
    rng: np.random.Generator, n_voters: int, agents: int, *, levels: int | None = None
) -> list[ScoreFrame]:
    """Frames of independent scores; with `levels` only so many different ones, so that voters tie."""
    scores = rng.standard_normal((n_voters, agents))
    if levels is not None:
        scores = rng.integers(levels, size=(n_voters, agents)).astype(float)
    return [frame(row) for row in scores]


def nobody(agents: int) -> np.ndarray:
    """Nobody is funded."""
    return np.zeros(agents, dtype=bool)
