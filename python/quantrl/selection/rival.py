"""The contest's book and the books it is compared with, on the same decisions of the same agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl.backtest.settings import Settings
from quantrl.selection._book import Books
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.baselines import Baseline
from quantrl.selection.baselines.equal_weight import EqualWeight
from quantrl.selection.baselines.follow_the_leader import FollowTheLeader
from quantrl.selection.baselines.random_k import RandomK
from quantrl.selection.netting import Netted, net
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel

CONTEST = "contest"
MARKET = "buy_and_hold"
DELAYED = "delay_1"
LABELS = {
    CONTEST: ("Contest", "contest"),
    "equal_weight": ("Equal weight of all agents", "baseline"),
    "follow_the_leader": ("Follow the leader", "baseline"),
    "follow_the_leader_5": ("Follow the five leaders", "baseline"),
    "random_k": ("Random agents, drawn once", "control"),
    MARKET: ("Buy and hold of the market", "market"),
    DELAYED: ("Contest, results known one bar later", "control"),
}
"""Books by name, with what a reader calls them and their role."""


class Rivals:
    """Netted books, walked together.

    Parameters
    ----------
    panel : Panel
    n_agents : int
    settings : Settings
    seed : int
    max_gross : float
    on : bool
        False: only the contest's own book.

    Attributes
    ----------
    names : tuple of str
    orders : list of (N,) float64 or None
        What each book decided on the current bar.
    targets : (T, B, N) float64
        All of these; NaN where nothing was decided.
    factors : (T,) float64
        What the contest's capital was multiplied by to respect the limit on exposure.
    """

    def __init__(
        self,
        panel: Panel,
        n_agents: int,
        settings: Settings,
        *,
        seed: int,
        max_gross: float,
        on: bool = True,
    ) -> None:
        self.max_gross = max_gross
        self._sharing: dict[str, Baseline] = _baselines(seed) if on else {}
        self.names: tuple[str, ...] = (CONTEST, *self._sharing, *((DELAYED, MARKET) if on else ()))
        self._earlier = np.zeros((2, n_agents))
        n_bars, n = panel.shape
        self.books = Books(len(self.names), n, settings, n_bars)
        self.targets: FloatArray = np.full((n_bars, len(self.names), n), np.nan)
        self.factors: FloatArray = np.ones(n_bars)
        self.orders: list[FloatArray | None] = [None] * len(self.names)
        self._n_agents = n_agents
        self._prices = panel["close"]
        self._bought = False

    def held(self, name: str) -> FloatArray:
        """(N,) weights one book holds now."""
        return self.books.held_by(self.names.index(name))

    def decide(
        self,
        t: int,
        view: LedgerView,
        shares: FloatArray,
        scales: FloatArray,
        wanted: FloatArray,
    ) -> Netted:
        """Net the agents' targets for every book; the contest's is the first.

        The delayed book uses the capital decided one bar ago: a pipeline that got every row one bar later would
        decide the same.

        Parameters
        ----------
        view : LedgerView
            What is known now.
        shares, scales : (A,) float64
            The contest's.
        wanted : (A, N) float64
            Weights each agent wants; what it holds where it keeps its units.
        """
        capital = [shares, *(baseline.step(view, self._n_agents) for baseline in self._sharing.values())]
        factor = [scales] * len(capital)
        if DELAYED in self.names:
            capital.append(self._earlier[0])
            factor.append(self._earlier[1])
            self._earlier = np.array([shares, scales])
        netted = net(np.array(capital), np.array(factor), wanted, self.max_gross)
        self.targets[t, : len(capital)] = netted.targets
        self.orders = list(netted.targets)
        if MARKET in self.names:
            order = self._market(t)
            self.orders.append(order)
            if order is not None:
                self.targets[t, -1] = order
        self.factors[t] = netted.factors[0]
        return netted

    def _market(self, t: int) -> FloatArray | None:
        """Equal weights of all that has a price, once; then nothing is ever decided."""
        priced = ~np.isnan(self._prices[t])
        if self._bought or not priced.any():
            return None
        self._bought = True
        weights: FloatArray = priced / np.count_nonzero(priced)
        return weights


def _baselines(seed: int) -> dict[str, Baseline]:
    leader = FollowTheLeader(1)
    return {
        "equal_weight": EqualWeight(),
        "follow_the_leader": leader,
        "follow_the_leader_5": FollowTheLeader(5, like=leader),
        "random_k": RandomK(seed=seed),
    }
