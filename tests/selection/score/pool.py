"""A ledger with everything a scorer may look at, and what a scorer says of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.selection import Ledger
from quantrl.selection._members import build

AGENTS, DAYS = 10, 140
SPARSE = (7, 8)
LATE = 9
CHANGED = (4, 95)
"""Agent 4 was changed on day 95."""
OPTIONS: dict[str, dict[str, Any]] = {"learned": {"horizon": 3, "embargo": 2}}
"""So that a short ledger is enough to learn from."""


def columns(days: int = DAYS, *, order: np.ndarray | None = None) -> list[dict[str, Any]]:
    """Rounds: agents 7 and 8 act now and then, 9 joins late, 4 is changed, 2 is good, all but 0 and 1 say beliefs."""
    rng, rounds = np.random.default_rng(21), []
    order = np.arange(AGENTS) if order is None else order
    for day in range(days):
        acted = np.ones(AGENTS, dtype=bool)
        acted[list(SPARSE)] = rng.random(2) < 0.4
        gross = rng.standard_t(4, AGENTS) * 0.01 * np.linspace(0.5, 2, AGENTS) + 0.002 * (
            np.arange(AGENTS) == 2
        )
        belief = np.where(np.arange(AGENTS) > 1, rng.random(AGENTS), np.nan)
        tokens = rng.integers(0, 50, AGENTS) * 1.0
        here = np.arange(AGENTS) < (LATE if day < 20 else AGENTS)
        version = ((np.arange(AGENTS) == CHANGED[0]) & (day >= CHANGED[1])).astype(np.int64)
        full = {
            "agent": order,
            "version": version,
            "gross": np.where(acted, gross, 0.0),
            "cost": np.where(acted, 1e-4 * np.arange(AGENTS), 0.0),
            "belief": belief,
            "tokens": tokens,
            "acted": acted,
        }
        times = {"decided": day, "effective": day, "matured": day + 1}
        rounds.append({**{name: values[here] for name, values in full.items()}, **times})
    return rounds


def ledger(rounds: list[dict[str, Any]], agents: int = AGENTS) -> Ledger:
    """Rows as they come."""
    made = Ledger([f"a{i}" for i in range(agents)], overlap=1)
    for rows in rounds:
        made.append(rows)
    return made


def scorer(name: str) -> Any:
    """A fresh one."""
    return build("score", {"name": name, **OPTIONS.get(name, {})})


def said(one: Any) -> bytes:
    """Every column of its frame, in bytes."""
    frame = one.scores()
    names = ("mean", "sd", "n_eff", "age", "acted", "share", "psr_abs", "scale", "vol_ann", "ready")
    return b"".join(np.asarray(getattr(frame, name)).tobytes() for name in names)
