"""Things to fit, by name so that other processes find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.agent import Agent, Decision
from quantrl.data import View
from quantrl.typing import FloatArray


@dataclass
class Holds:
    """Decides fixed weights once, on the first bar it is asked about."""

    weights: FloatArray
    asked: bool = False

    def decide(self, view: View) -> Decision:
        first, self.asked = not self.asked, True
        return Decision(self.weights) if first else Decision.hold(len(self.weights))


@dataclass
class Nudges:
    """Adds to what it holds: reads its positions."""

    def decide(self, view: View) -> Decision:
        return Decision(np.minimum(view.held + 0.0005, 0.9 / view.n_instruments))


def best_past(view: View) -> Agent:
    """Four fifths in what grew most in training, the rest in the next."""
    close = view["close"]
    order = np.argsort(-(close[-1] / close[0]), kind="stable")
    weights = np.zeros(view.n_instruments)
    weights[order[:2]] = 0.8, 0.15
    return Holds(weights)


def equal(view: View) -> Agent:
    return Holds(np.full(view.n_instruments, 0.9 / view.n_instruments))


def nudging(view: View) -> Agent:
    return Nudges()


def no_agent(view: View) -> Any:
    return 3
