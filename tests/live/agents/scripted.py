"""An agent that does what its parameters say: decides at random, or fails from some bar on in some way."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.agent import AgentSpec, Decision
from quantrl.data import View

SPEC = AgentSpec(
    id="scripted",
    kind="rule",
    params={"fault": "none", "start": 0, "every": 1, "gross": 0.9, "hold": 0.2, "salt": 0},
    summary="Decides at random from the time of the view, and fails as it is told to.",
)
WRONG: dict[str, Callable[[int], Any]] = {
    "nan": lambda n: np.full(n, np.nan),
    "infinite": lambda n: np.full(n, np.inf),
    "negative": lambda n: np.full(n, -0.1),
    "too_much": lambda n: np.full(n, 1.0),
    "wrong_shape": lambda n: np.zeros(n + 1),
    "words": lambda n: "all in",
    "beyond_float": lambda n: [10**400] * n,
}


@dataclass(frozen=True)
class Scripted:
    """Weights drawn from (salt, view.now); nothing is remembered."""

    fault: str
    start: int
    every: int
    gross: float
    hold: float
    salt: int

    def decide(self, view: View) -> Decision:
        """Random weights that sum to `gross`; instruments without a price get nothing, some are held."""
        n = view.n_instruments
        if self.fault != "none" and view.n > self.start:
            if self.fault == "nothing":
                return None  # type: ignore[return-value]
            if self.fault in WRONG:
                return Decision(WRONG[self.fault](n))
            self._fail(view)
        if (view.n - 1) % self.every:
            return Decision.hold(n)
        rng = np.random.default_rng([self.salt, view.n])
        weights = rng.dirichlet(np.full(n, 0.5)) * self.gross
        weights[~np.isfinite(view.last("close"))] = 0.0
        weights[rng.random(n) < self.hold] = np.nan
        return Decision(weights, tokens=int(rng.integers(0, 9)))

    def _fail(self, view: View) -> None:
        if self.fault == "raise":
            raise RuntimeError("as told")
        if self.fault == "exit":
            raise SystemExit(3)
        if self.fault == "die" or (self.fault == "die_once" and view.n == self.start + 1):
            os._exit(3)
        if self.fault == "sleep":
            time.sleep(60.0)
        if self.fault == "look_ahead":
            view.index_at(view.now + 1)


def build(**params: Any) -> Scripted:
    """The agent."""
    return Scripted(**{**SPEC.params, **params})
