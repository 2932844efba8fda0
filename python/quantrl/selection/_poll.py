"""One question to every agent, and what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.agent import Decision
from quantrl.errors import OrderError
from quantrl.selection.entrant import Entrant
from quantrl.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from quantrl.data import View

_TOLERANCE = 1e-6


@dataclass
class Poll:
    """Answers of A agents; one that failed keeps what it holds.

    Attributes
    ----------
    weights : (A, N) float64
        Target weights, NaN = hold.
    belief, tokens, usd : (A,) float64
    failed : (A,) bool
    errors : list of (agent, message)
    """

    weights: FloatArray
    belief: FloatArray
    tokens: FloatArray
    usd: FloatArray
    failed: BoolArray
    errors: list[tuple[int, str]] = field(default_factory=list)

    def fail(self, agent: int, message: str) -> None:
        """Note that an agent gave no usable answer."""
        self.failed[agent] = True
        self.weights[agent] = np.nan
        self.belief[agent] = np.nan
        self.tokens[agent] = self.usd[agent] = 0.0
        self.errors.append((agent, message))

    def state(self) -> list[Any]:
        """Everything but the messages, as plain values."""
        parts = (self.weights, self.belief, self.tokens, self.usd)
        return [*(part.tobytes() for part in parts), self.failed.tolist()]

    @staticmethod
    def of_state(state: list[Any], shape: tuple[int, int]) -> Poll:
        """A poll of A agents and N instruments from `state`."""
        weights, *parts, failed = state
        belief, tokens, usd = (np.frombuffer(part).copy() for part in parts)
        return Poll(
            np.frombuffer(weights).reshape(shape).copy(),
            belief,
            tokens,
            usd,
            np.array(failed, dtype=np.bool_),
        )

    @staticmethod
    def empty(count: int, n: int) -> Poll:
        """A poll before any answer: everyone holds."""
        return Poll(
            np.full((count, n), np.nan),
            np.full(count, np.nan),
            np.zeros(count),
            np.zeros(count),
            np.zeros(count, dtype=np.bool_),
        )


def ask(agents: Sequence[Entrant], view: View, held: FloatArray) -> Poll:
    """Let every agent decide; an error of one is noted and changes nothing for the others.

    Parameters
    ----------
    agents : sequence of Entrant
    view : View
        What is knowable now.
    held : (A, N) float64
        Each agent's own weights.
    """
    count, n = held.shape
    poll = Poll.empty(count, n)
    shape, weights = (n,), poll.weights
    for i, entrant in enumerate(agents):
        try:
            decision = entrant.agent.decide(view.with_held(held[i]))
            if not isinstance(decision, Decision):
                raise OrderError(f"expected a Decision, got {type(decision).__name__}")
            if decision.weights.shape != shape:
                raise OrderError(f"expected weights of shape {shape}, got {decision.weights.shape}")
            if decision.weights.dtype.kind not in "fiu":
                raise OrderError(f"expected float64 weights, got {decision.weights.dtype}")
            weights[i] = decision.weights
            if decision.probability is not None or decision.tokens or decision.usd:
                _take_extras(poll, i, decision)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # an agent that exits or panics is no reason to stop the others
            poll.fail(i, f"{type(error).__name__}: {error}")
    _check_weights(poll)
    return poll


def _take_extras(poll: Poll, i: int, decision: Any) -> None:
    if decision.probability is not None:
        poll.belief[i] = _in_range("probability", decision.probability, 1.0)
    poll.tokens[i] = _in_range("tokens", decision.tokens, np.inf)
    poll.usd[i] = _in_range("usd", decision.usd, np.inf)


def _in_range(name: str, value: float, most: float) -> float:
    if not 0 <= value <= most or value == np.inf:
        raise OrderError(f"{name}: expected a finite number from 0 to {most:g}, got {value!r}")
    return float(value)


def _check_weights(poll: Poll) -> None:
    """The rules of `Decision.checked_weights`, for all agents at once."""
    known = np.where(np.isnan(poll.weights), 0.0, poll.weights)
    wrong = (known.min(axis=1) < 0.0) | (known.sum(axis=1) > 1.0 + _TOLERANCE)
    for i in np.flatnonzero(wrong).tolist():
        poll.fail(
            i, f"OrderError: weights sum to {known[i].sum():.9g} with a least one of {known[i].min():g}"
        )
