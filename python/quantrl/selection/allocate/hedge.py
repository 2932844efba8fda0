"""Capital to whoever has earned, compounded."""

from __future__ import annotations

from typing import Any, final

from quantrl.selection.allocate import among
from quantrl.selection.allocate._experts import Experts
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.learning import News
from quantrl.selection.select import Selection
from quantrl.typing import FloatArray, JsonObject


@final
class Hedge:
    """Weights every agent by ``exp(rate * clip(x / sigma, -clip, clip))`` of each matured round, funded or not.

    The capital of the filled slots is shared in proportion to the weights of the funded agents (experts that sleep: Freund,
    Schapire, Singer and Warmuth 1997). A newcomer gets an N-th of the leader's weight. It never forgets; `FixedShare` does.

    Parameters
    ----------
    rate : float
        Learning rate per unit of target volatility.
    clip : float
        Most a round counts, in units of target volatility.
    start : int
        Rounds at the beginning, during which all weigh the same.

    References
    ----------
    Freund and Schapire (1997), A decision-theoretic generalization of on-line learning and an application to boosting,
    J. Comput. Syst. Sci. 55(1).
    """

    def __init__(self, rate: float = 0.25, clip: float = 4.0, start: int = 63) -> None:
        self._experts = Experts("allocate hedge", rate=rate, clip=clip, start=start, share=0.0)

    @property
    def weights(self) -> FloatArray:
        """(A,) of all agents; they sum to one."""
        return self._experts.weights.copy()

    def learn(self, news: News) -> None:
        """Multiply the weights by what agents earned."""
        self._experts.learn(news)

    def allocate(self, selection: Selection, frame: ScoreFrame) -> FloatArray:
        """(A,) shares; empty slots stay cash."""
        return among(selection, self._experts.weights)

    def settings(self) -> JsonObject:
        """Parameters."""
        return self._experts.settings()

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return self._experts.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._experts.load_state_dict(state)
