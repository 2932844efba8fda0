"""The default gate: age, bans, faults, absolute evidence, sudden loss and copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.selection.frame import ScoreFrame
from quantrl.selection.gate import GateReport, report
from quantrl.selection.lifecycle import Lifecycle
from quantrl.selection.rank import Ranking
from quantrl.typing import BoolArray, IntArray, JsonObject


@final
@dataclass(frozen=True)
class Standard:
    """Asks little to let an agent in and less to let it stay, so luck alone does not turn it over.

    Parameters
    ----------
    psr_enter, psr_stay : float
        Least probability of a positive mean net return, for newcomers and for funded agents.
    cusum_cut : float
        A funded agent whose cumulative loss in units of target volatility reaches this is cut.
    """

    psr_enter: float = 0.5
    psr_stay: float = 0.3
    cusum_cut: float = 15.0

    def check(
        self,
        frame: ScoreFrame,
        ranking: Ranking,
        states: Lifecycle,
        clusters: IntArray,
        faulty: Sequence[int],
    ) -> GateReport:
        """Reasons in order; the copy rule looks only at agents nothing else is wrong with."""
        active = states.active
        failing = np.zeros(len(frame), dtype=np.bool_)
        if faulty:
            failing[list(faulty)] = True
        psr = ~(frame.psr_abs >= np.where(active, self.psr_stay, self.psr_enter))
        masks = [~frame.ready, states.banned, failing, psr, active & (frame.cusum >= self.cusum_cut)]
        wrong = masks[0] | masks[1] | masks[2] | masks[3] | masks[4]
        return report([*masks, _copies(ranking, clusters, ~wrong)])

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"psr_enter": self.psr_enter, "psr_stay": self.psr_stay, "cusum_cut": self.cusum_cut}


def _copies(ranking: Ranking, clusters: IntArray, eligible: BoolArray) -> BoolArray:
    """Eligible agents whose component holds an eligible agent with a higher key."""
    copies = np.zeros(len(clusters), dtype=np.bool_)
    joined = clusters[clusters != np.arange(len(clusters))]
    if not len(joined):
        return copies
    alike = np.zeros(len(clusters), dtype=np.bool_)
    alike[joined] = True
    ids = (eligible & alike[clusters]).nonzero()[0]
    best: dict[int, int] = {}
    for agent in ids[ranking.pos[ids].argsort()].tolist():
        copies[agent] = best.setdefault(int(clusters[agent]), agent) != agent
    return copies
