"""What came to be known between two decisions, for steps that remember more than scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from quantrl.selection._ledger_view import LedgerView
from quantrl.selection._roll import Roll
from quantrl.selection.score import Round
from quantrl.typing import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class News:
    """Everything a step may know beside scores; arrays are (A,), by agent id, and complete each time.

    Attributes
    ----------
    rounds : tuple of Round
        What matured since the last decision, oldest first.
    family : tuple of str
        Of each agent by its newest row; empty without one.
    exposure : float64
        Sum of absolute weights in its newest row; NaN without one.
    clusters : int64
        Component of copies, named by its lowest id.
    held : bool
        Funded until this decision.
    sigma : float
        Target volatility per round.
    """

    rounds: tuple[Round, ...]
    family: tuple[str, ...]
    exposure: FloatArray
    clusters: IntArray
    held: BoolArray
    sigma: float

    def __len__(self) -> int:
        return len(self.held)


@runtime_checkable
class Learner(Protocol):
    """A rank aggregator, gate, selector or allocator that is told the news of a decision before it is asked."""

    def learn(self, news: News) -> None:
        """Take what became known; called once per decision."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped, bit for bit."""
        ...


class Learners:
    """The steps of a pipeline that are told the news, with what the news are gathered from.

    Parameters
    ----------
    steps : mapping of family to step
        Those that learn nothing are left alone; without a learner nothing is gathered.
    """

    def __init__(self, steps: Mapping[str, object]) -> None:
        self._steps = {family: step for family, step in steps.items() if isinstance(step, Learner)}
        self._roll = Roll()

    def __bool__(self) -> bool:
        return bool(self._steps)

    def tell(
        self,
        view: LedgerView,
        since: int,
        rounds: tuple[Round, ...],
        *,
        clusters: IntArray,
        held: BoolArray,
        sigma: float,
    ) -> None:
        """Tell every learner what became known after `since` (ns)."""
        if not self._steps:
            return
        self._roll.update(view, since)
        # An agent known from a late row alone has no score yet.
        family, exposure = (
            self._roll.names(view.families)[: len(held)],
            self._roll.exposure[: len(held)].copy(),
        )
        news = News(rounds, family, exposure, clusters.copy(), held, sigma)
        for step in self._steps.values():
            step.learn(news)

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        own = {family: step.state_dict() for family, step in self._steps.items()}
        return {"roll": self._roll.state_dict(), **own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._roll.load_state_dict(state["roll"])
        for family, step in self._steps.items():
            step.load_state_dict(state[family])
