"""What agents stated and spent, and how they last changed, for the leaderboard."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantrl.selection._ledger_view import LedgerView
from quantrl.typing import BoolArray, FloatArray, IntArray, JsonObject
from quantrl.units import iso_date

_QUIET = '"transitions":[]'


@dataclass(frozen=True)
class Told:
    """Of one agent; None where there is nothing to say.

    Attributes
    ----------
    brier_skill : float or None
        1 less its mean squared error over that of the share of rows that paid: above 0, its probabilities say more.
    tokens, usd : float or None
        Spent per decision that was funded.
    """

    brier_skill: float | None
    tokens: float | None
    usd: float | None


def told(view: LedgerView, time: IntArray, shares: FloatArray) -> list[Told]:
    """From matured rows.

    Parameters
    ----------
    view : LedgerView
    time : (T,) int64
        Decisions, ns.
    shares : (T, A) float64
        Capital of each agent.
    """
    bar = np.searchsorted(time, view["decided"])
    found = []
    for agent in range(shares.shape[1]):
        mine = view["agent"] == agent
        funded = mine & (shares[np.minimum(bar, len(time) - 1), agent] > 0)
        tokens, usd = (_mean(view[name], funded) for name in ("tokens", "usd"))
        spends = bool(view["tokens"][mine].any() or view["usd"][mine].any())
        net = view["gross"][mine] - view["cost"][mine]
        found.append(
            Told(_skill(view["belief"][mine], net), tokens if spends else None, usd if spends else None)
        )
    return found


def last_changes(lines: Sequence[str], n_agents: int) -> list[JsonObject | None]:
    """Date, states and reason of each agent's newest transition, from the lines of an audit trail."""
    found: list[JsonObject | None] = [None] * n_agents
    missing = n_agents
    for text in reversed(lines):
        if not missing:
            break
        if _QUIET in text:
            continue
        line = json.loads(text)
        for move in reversed(line["transitions"]):
            if found[move["agent"]] is None:
                found[move["agent"]] = {
                    "date": iso_date(line["now"]),
                    "from": move["from"],
                    "to": move["to"],
                    "why": move["why"],
                }
                missing -= 1
    return found


def _mean(values: FloatArray, which: BoolArray) -> float | None:
    return float(values[which].mean()) if which.any() else None


def _skill(belief: FloatArray, net: FloatArray) -> float | None:
    stated = ~np.isnan(belief)
    paid = (net[stated] > 0).astype(np.float64)
    if not len(paid) or paid.min() == paid.max():
        return None
    base = paid.mean()
    return float(1.0 - np.mean((paid - belief[stated]) ** 2) / np.mean((paid - base) ** 2))
