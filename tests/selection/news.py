"""News made by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.selection.learning import News
from quantrl.selection.score import Round

SIGMA = 0.10 / 252**0.5


def matured(x: Any, agents: Any = None, effective: int = 0, changed: tuple[int, ...] = ()) -> Round:
    """A round of these scaled returns; of agents 0..n-1 unless said."""
    values = np.asarray(x, dtype=np.float64)
    ids = np.arange(len(values)) if agents is None else np.asarray(agents)
    return Round(effective, ids, values, values, changed)


def news(*rounds: Round, agents: int, **given: Any) -> News:
    """What a pipeline of that many agents tells."""
    columns: dict[str, Any] = {
        "family": ("rule",) * agents,
        "exposure": np.ones(agents),
        "clusters": np.arange(agents),
        "held": np.zeros(agents, dtype=bool),
        "sigma": SIGMA,
    }
    return News(tuple(rounds), **{**columns, **given})


def all_of(x: np.ndarray, **given: Any) -> News:
    """Every row of (T, A) returns as a round."""
    rounds = (matured(row, effective=t) for t, row in enumerate(x))
    return news(*rounds, agents=x.shape[1], **given)
