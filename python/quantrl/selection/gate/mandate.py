"""The default gate, and a limit on how much an agent may hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from quantrl.selection._parameters import number
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.gate import GateReport
from quantrl.selection.gate.standard import Standard
from quantrl.selection.learning import News
from quantrl.selection.lifecycle import Lifecycle
from quantrl.selection.rank import Ranking
from quantrl.typing import FloatArray, IntArray, JsonObject

_ROUNDING = 1e-9


@final
class Mandate:
    """Stops who breaks the mandate beside who the default gate stops.

    Parameters
    ----------
    max_exposure : float
        Largest sum of absolute weights in an agent's newest row, positive; one without a row keeps the mandate.
    limits
        Of `Standard`, by name.

    Raises
    ------
    ConfigError
        A parameter is out of range.
    """

    def __init__(
        self,
        *,
        max_exposure: float = 1.0,
        psr_enter: float = 0.5,
        psr_stay: float = 0.3,
        cusum_cut: float = 15.0,
        drawdown_cut: float = 2.0,
        target_vol: float = 0.10,
    ) -> None:
        self.max_exposure = number("max_exposure", max_exposure, 0.0, above=True)
        self._standard = Standard(psr_enter, psr_stay, cusum_cut, drawdown_cut, target_vol)
        self._exposure: FloatArray = np.zeros(0)

    def learn(self, news: News) -> None:
        """Take what agents hold."""
        self._exposure = np.nan_to_num(news.exposure, nan=0.0)

    def check(
        self,
        frame: ScoreFrame,
        ranking: Ranking,
        states: Lifecycle,
        clusters: IntArray,
        faulty: Sequence[int],
    ) -> GateReport:
        """Reasons in order."""
        exposure = np.zeros(len(frame))
        exposure[: len(self._exposure)] = self._exposure[: len(frame)]
        outside = exposure > self.max_exposure + _ROUNDING
        return self._standard.check(frame, ranking, states, clusters, faulty, outside=outside)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"max_exposure": self.max_exposure, **self._standard.settings()}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {"exposure": self._exposure.tolist()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._exposure = np.array(state["exposure"], dtype=np.float64)
