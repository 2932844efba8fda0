"""What the research predictor learns from: the matured rows of the ledger, as the preset reads them."""

from __future__ import annotations

import numpy as np

from quantrl.contest.predict.matrix import matrix
from quantrl.contest.presets import Mechanism
from quantrl.selection import LedgerView
from quantrl.typing import FloatArray

WILD = 0.40
"""Size of a one-day return from which the released code counts it as missing."""


def rewards(
    view: LedgerView, mechanism: Mechanism, n_agents: int, cash: float, first: FloatArray | None = None
) -> FloatArray:
    """Scores of the research contest that have matured.

    Parameters
    ----------
    view : LedgerView
    mechanism : Mechanism
        Its `research_reward`: net; gross; or of the first signal, where an entrant without text keeps its gross. With
        `charge_inference` the cost of asking is taken off.
    n_agents : int
        A.
    cash : float
        Currency an account began with, for the charge.
    first : (T, A) float64, optional
        Return of each day's first signal in its direction; infinite where an entrant has no text.

    Returns
    -------
    (T, A) float64
        Oldest first; NaN where an agent abstained.
    """
    if mechanism.research_reward == "net" and not mechanism.charge_inference:
        return matrix(view, n_agents).scores
    rows = view.rows
    effective, day = np.unique(rows["effective"], return_inverse=True)
    value = rows["gross"] - (rows["cost"] if mechanism.research_reward == "net" else 0.0)
    if mechanism.charge_inference:
        value = value - rows["usd"] / cash
    scores = np.full((len(effective), n_agents), np.nan)
    scores[day, rows["agent"]] = np.where(rows["acted"] > 0, value, np.nan)
    if mechanism.research_reward == "first_signal" and first is not None:
        scores = np.where(np.isinf(first[: len(scores)]), scores, first[: len(scores)])
        scores = np.where(np.abs(scores) > WILD, np.nan, scores)
    return scores
