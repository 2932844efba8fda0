"""What every agent is: something that turns a `View` into a `Decision`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from quantrl.errors import OrderError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data.view import View


@dataclass(frozen=True)
class Evidence:
    """One reason behind a decision: an indicator value, an action, a cited document."""

    kind: str
    name: str
    value: float | str
    source: str = ""


@dataclass(frozen=True)
class Decision:
    """Target weights decided at one time, with what the agent believes and spent.

    Parameters
    ----------
    weights : (n_instruments,) float64
        Fractions of equity. NaN keeps the units held, 0 closes, the rest is cash.
    probability : float in [0, 1], optional
        Stated probability that the position earns more than zero until the next decision.
    evidence : tuple of Evidence
        Why; shown by ``quantrl contest explain``.
    tokens, usd : int, float
        What deciding cost.
    """

    weights: FloatArray
    probability: float | None = None
    evidence: tuple[Evidence, ...] = ()
    tokens: int = 0
    usd: float = 0.0

    @staticmethod
    @cache
    def hold(n: int) -> Decision:
        """Keep every unit as it is. Most decisions are this one, so it is made once; its weights are read-only."""
        return _constant(n, np.nan)

    @staticmethod
    @cache
    def cash(n: int) -> Decision:
        """Close everything; made once, its weights are read-only."""
        return _constant(n, 0.0)

    def checked_weights(self, n: int, *, max_gross: float | None = None) -> FloatArray:
        """The weights as a fresh (n,) float64 array, for a cash account or one on margin.

        Raises
        ------
        OrderError
            Wrong shape or an infinite weight; without `max_gross` a negative weight, or weights that sum to more than one;
            with it weights whose sizes sum to more.
        """
        weights = np.array(self.weights, dtype=np.float64)
        if weights.shape != (n,):
            raise OrderError(f"expected weights of shape ({n},), got {weights.shape}")
        if np.isinf(weights).any():
            raise OrderError(f"weight of instrument {int(np.flatnonzero(np.isinf(weights))[0])} is infinite")
        known = weights[~np.isnan(weights)]
        if max_gross is not None:
            if known.size and np.abs(known).sum() > max_gross + 1e-6:
                raise OrderError(f"weights are {np.abs(known).sum():.9g} in size, more than {max_gross:g}")
            return weights
        if (known < 0).any():
            raise OrderError(f"weight {known[known < 0][0]:g} is negative in a cash account")
        if known.size and known.sum() > 1 + 1e-6:
            raise OrderError(f"weights sum to {known.sum():.9g}, more than 1")
        return weights


@dataclass(frozen=True)
class AgentSpec:
    """How the registry lists an agent and builds it.

    Parameters
    ----------
    id : str
        ``rules/momentum``: the path below ``quantrl.agents``.
    kind : str
        ``rule``, ``optimiser``, ``rl``, ``researcher``, ``llm`` or ``recorded``.
    params : dict
        Parameter names with their defaults; a config may set these and no others.
    summary : str
        One sentence, shown by ``quantrl contest board`` and the report.
    reference : str
        Where the rule comes from, or empty.
    """

    id: str
    kind: str
    params: dict[str, Any] = field(default_factory=dict)
    summary: str = ""
    reference: str = ""


def _constant(n: int, weight: float) -> Decision:
    # Over bytes, so that no agent can make it writable for all the others.
    return Decision(np.frombuffer(np.full(n, weight).tobytes()))


@runtime_checkable
class Agent(Protocol):
    """A seeded decision maker. One folder or file, one `SPEC`; saved and loaded without pickle."""

    def decide(self, view: View) -> Decision:
        """Decide at ``view.now`` from what is knowable then; ``view.held`` is the agent's own weights."""
        ...


@runtime_checkable
class Native(Protocol):
    """An agent the daemon decides with itself and recomputes on replay: plain arithmetic on the view, nothing outside it.

    What it remembers between decisions can be kept. Every other agent is asked in a worker, its answers are recorded, and
    it must decide from the view alone.
    """

    def decide(self, view: View) -> Decision:
        """As `Agent`."""
        ...

    def snapshot(self) -> bytes:
        """What it remembers."""
        ...

    def restore(self, state: bytes, now: int, n_instruments: int) -> None:
        """Go on where `snapshot` was taken, after the decision at `now`."""
        ...
