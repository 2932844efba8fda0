"""Capital to whoever has earned lately: the leader may change."""

from __future__ import annotations

from typing import Any, final

from quantrl.selection.allocate import among
from quantrl.selection.allocate._experts import Experts
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.learning import News
from quantrl.selection.select import Selection
from quantrl.typing import FloatArray, JsonObject


@final
class FixedShare:
    """`Hedge`, with a part of all weight spread equally after each round, so that no agent is ever written off.

    Parameters
    ----------
    share : float
        Part of the weight spread equally: one over the rounds after which the leader is expected to change.
    rate : float
        Learning rate per unit of target volatility.
    clip : float
        Most a round counts, in units of target volatility.
    start : int
        Rounds at the beginning, during which all weigh the same.

    References
    ----------
    Herbster and Warmuth (1998), Tracking the best expert, Mach. Learn. 32(2).
    """

    def __init__(
        self, share: float = 1 / 126, rate: float = 0.25, clip: float = 4.0, start: int = 63
    ) -> None:
        self._experts = Experts("allocate fixed_share", rate=rate, clip=clip, start=start, share=share)

    @property
    def weights(self) -> FloatArray:
        """(A,) of all agents; they sum to one."""
        return self._experts.weights.copy()

    def learn(self, news: News) -> None:
        """Multiply the weights by what agents earned, and spread a part."""
        self._experts.learn(news)

    def allocate(self, selection: Selection, frame: ScoreFrame) -> FloatArray:
        """(A,) shares; empty slots stay cash."""
        return among(selection, self._experts.weights)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"share": self._experts.share, **self._experts.settings()}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return self._experts.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._experts.load_state_dict(state)
