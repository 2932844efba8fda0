"""The default gate: age, bans, faults, absolute evidence, losses and copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._parameters import number
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.gate import GateReport, report
from quantrl.selection.lifecycle import Lifecycle
from quantrl.selection.rank import Ranking
from quantrl.typing import BoolArray, IntArray, JsonObject

_DOUBT_CUSUM, _CALM_CUSUM = 2 / 3, 1 / 3
_DOUBT_DRAWDOWN, _CALM_DRAWDOWN = 3 / 4, 1 / 2


@final
@dataclass(frozen=True)
class Standard:
    """Asks little to let an agent in and less to let it stay, so luck alone does not turn it over.

    Losses count since an agent was last funded, in its returns scaled to the target volatility. Two thirds of the CUSUM or
    three quarters of the drawdown that would cut a funded agent put it on probation; below one third and one half that ends.

    Parameters
    ----------
    psr_enter, psr_stay : float
        Least probability of a positive mean net return, for newcomers and for funded agents.
    cusum_cut : float
        A funded agent whose cumulative loss in units of target volatility reaches this is cut.
    drawdown_cut : float
        The same for its drawdown, in annual target volatilities; infinity asks nothing.
    target_vol : float
        Annual volatility agents are scaled to.

    Raises
    ------
    ConfigError
        A probability is none, or a limit is not positive.
    """

    psr_enter: float = 0.5
    psr_stay: float = 0.3
    cusum_cut: float = 15.0
    drawdown_cut: float = 2.0
    target_vol: float = 0.10

    def __post_init__(self) -> None:
        for name in ("psr_enter", "psr_stay"):
            number(name, getattr(self, name), 0.0, 1.0)
        for name in ("cusum_cut", "drawdown_cut", "target_vol"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name}: expected a positive number, got {getattr(self, name)!r}")

    def check(
        self,
        frame: ScoreFrame,
        ranking: Ranking,
        states: Lifecycle,
        clusters: IntArray,
        faulty: Sequence[int],
        *,
        outside: BoolArray | None = None,
    ) -> GateReport:
        """Reasons in order; the copy rule looks only at agents nothing else is wrong with.

        Parameters
        ----------
        outside : (A,) bool, optional
            Agents outside a mandate, which this gate does not know.
        """
        funded, nobody = states.funded, np.zeros(len(frame), dtype=np.bool_)
        failing, outside = nobody.copy(), nobody if outside is None else outside
        if faulty:
            failing[list(faulty)] = True
        psr = ~(frame.psr_abs >= np.where(funded, self.psr_stay, self.psr_enter))
        lost = np.abs(frame.drawdown) / (self.drawdown_cut * self.target_vol)
        gone = frame.cusum / self.cusum_cut
        masks = [
            ~frame.ready,
            states.banned,
            failing,
            outside,
            psr,
            funded & (lost >= 1),
            funded & (gone >= 1),
        ]
        wrong = np.logical_or.reduce(masks)
        return report(
            [*masks, _copies(ranking, clusters, ~wrong)],
            doubtful=funded & ((gone >= _DOUBT_CUSUM) | (lost >= _DOUBT_DRAWDOWN)),
            calm=(gone < _CALM_CUSUM) & (lost < _CALM_DRAWDOWN),
        )

    def settings(self) -> JsonObject:
        """Parameters."""
        names = ("psr_enter", "psr_stay", "cusum_cut", "drawdown_cut", "target_vol")
        return {name: getattr(self, name) for name in names}


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
