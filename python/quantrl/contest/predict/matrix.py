"""A ledger's matured rows as days by agents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.errors import LookAheadError
from quantrl.selection import LedgerView
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Matrix:
    """Scores by round.

    Attributes
    ----------
    effective : (T,) int64
        Fill point of each round, ns, ascending.
    scores : (T, A) float64
        Net returns; NaN where an agent has no row yet or abstained.
    """

    effective: IntArray
    scores: FloatArray


def matrix(view: LedgerView, n_agents: int | None = None) -> Matrix:
    """The rows of a view.

    Parameters
    ----------
    view : LedgerView
        From ``Ledger.as_of``: what was known then, nothing else.
    n_agents : int, optional
        Columns; as many as the view has agents by default.

    Raises
    ------
    LookAheadError
        Not a `LedgerView`.
    """
    if not isinstance(view, LedgerView):
        raise LookAheadError(f"expected a LedgerView from Ledger.as_of, got {type(view).__name__}")
    rows = view.rows
    # Of one agent's rows of a round the newest version counts, then the latest decision.
    rows = rows[np.lexsort((rows["decided"], rows["version"]))]
    effective, day = np.unique(rows["effective"], return_inverse=True)
    scores = np.full((len(effective), view.n_agents if n_agents is None else n_agents), np.nan)
    scores[day, rows["agent"]] = np.where(rows["acted"] > 0, rows["gross"] - rows["cost"], np.nan)
    return Matrix(effective.astype(np.int64), scores)
