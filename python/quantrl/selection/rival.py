"""The contest's book and the books it is compared with, on the same decisions of the same agents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from quantrl.backtest.settings import Settings
from quantrl.backtest.weights import run_weights
from quantrl.errors import ConfigError
from quantrl.selection._book import SERIES
from quantrl.selection._interrupts import held_back
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.baselines import Baseline
from quantrl.selection.baselines.equal_weight import EqualWeight
from quantrl.selection.baselines.follow_the_leader import FollowTheLeader
from quantrl.selection.baselines.random_k import RandomK
from quantrl.selection.netting import net
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.data import Panel

_BATCH = 256
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
    """The books to compare with. Nothing in the contest depends on them, so they are netted in batches and run at the end.

    Parameters
    ----------
    panel : Panel
    n_agents : int
    seed : int
    max_gross : float
    on : bool
        False: no books.
    n_sleeves : int
        Instruments after the panel's own that are no part of the market.
    more : mapping of str to Baseline, optional
        Further ways to share capital, by the names of their books.

    Raises
    ------
    ConfigError
        A name in `more` that a book has already.

    Attributes
    ----------
    names : tuple of str
    """

    def __init__(
        self,
        panel: Panel,
        n_agents: int,
        *,
        seed: int,
        max_gross: float,
        on: bool = True,
        n_sleeves: int = 0,
        more: Mapping[str, Baseline] | None = None,
    ) -> None:
        self.max_gross = max_gross
        self._sharing: dict[str, Baseline] = {**_baselines(seed), **_new(more)} if on else {}
        self.names: tuple[str, ...] = (*self._sharing, DELAYED, MARKET) if on else ()
        self._prices = panel["close"]
        self._earlier = np.zeros((2, n_agents))
        self._waiting: list[tuple[LedgerView, FloatArray, FloatArray, FloatArray]] = []
        n = panel.n_instruments + n_sleeves
        self._targets: FloatArray = np.full((panel.n_bars, len(self.names), n), np.nan)
        self._done = 0

    def add(self, view: LedgerView, shares: FloatArray, scales: FloatArray, wanted: FloatArray) -> None:
        """Take one decision of the contest.

        Parameters
        ----------
        view : LedgerView
            What was known.
        shares, scales : (A,) float64
            The contest's.
        wanted : (A, N) float64
            Weights each agent wants; what it holds where it keeps its units.
        """
        if self.names:
            self._waiting.append((view, shares, scales, wanted))
            if len(self._waiting) >= _BATCH:
                self._flush()

    def targets(self, n: int) -> FloatArray:
        """(n, B, N) target weights of each book on the first n bars; NaN where nothing was decided."""
        self._flush()
        targets = self._targets[:n].copy()
        if self.names:
            market = targets[:, self.names.index(MARKET)]
            market[:, : self._prices.shape[1]] = market_targets(self._prices[:n])
        return targets

    def _flush(self) -> None:
        if self._waiting:
            with held_back() as interrupt:
                self._decide()
            interrupt.check()

    def _decide(self) -> None:
        capital, factors, wanted = zip(*(self._shares(*one) for one in self._waiting), strict=True)
        found, _ = net(np.array(capital), np.array(factors), np.array(wanted)[:, None], self.max_gross)
        self._targets[self._done : self._done + len(found), : found.shape[1]] = found
        self._done += len(found)
        self._waiting = []

    def _shares(
        self, view: LedgerView, shares: FloatArray, scales: FloatArray, wanted: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Shares and scales (B, A) of every book; the delayed one uses the capital decided one bar ago.

        A pipeline that got every row one bar later would decide the same.
        """
        own = [baseline.step(view, len(shares)) for baseline in self._sharing.values()]
        earlier, self._earlier = self._earlier, np.array([shares, scales])
        return np.array([*own, earlier[0]]), np.array([*[scales] * len(own), earlier[1]]), wanted


def market_targets(close: FloatArray) -> FloatArray:
    """Equal weights of all that has a price on the first bar with prices; then nothing is ever decided."""
    targets = np.full(close.shape, np.nan)
    priced = ~np.isnan(close)
    if priced.any():
        first = int(priced.any(axis=1).argmax())
        targets[first] = priced[first] / np.count_nonzero(priced[first])
    return targets


def run_books(panel: Panel, targets: FloatArray, settings: Settings, *, threads: int) -> FloatArray:
    """(T, B, 7) history of accounts that hold the targets (T, B, N); equal bits for any number of threads."""
    schedules = [np.ascontiguousarray(targets[:, b]) for b in range(targets.shape[1])]
    if not schedules:
        return np.zeros((len(targets), 0, len(SERIES)))
    results = run_weights(
        panel,
        schedules,
        fill=settings.fill,
        sizing=settings.sizing,
        costs=settings.costs,
        initial_cash=settings.initial_cash,
        threads=threads,
        periods_per_year=panel.periods_per_year or 1.0,
    )
    return np.stack(
        [np.stack([result.columns[name] for name in SERIES], axis=1) for result in results], axis=1
    )


def book_label(name: str) -> tuple[str, str]:
    """What a reader calls a book, and its role."""
    return LABELS.get(name, (name.replace("_", " ").capitalize(), "baseline"))


def _new(more: Mapping[str, Baseline] | None) -> dict[str, Baseline]:
    taken = [name for name in more or {} if name in LABELS]
    if taken:
        raise ConfigError(f"rivals: {taken[0]!r} is a book of every contest; choose another name")
    return dict(more or {})


def _baselines(seed: int) -> dict[str, Baseline]:
    leader = FollowTheLeader(1)
    return {
        "equal_weight": EqualWeight(),
        "follow_the_leader": leader,
        "follow_the_leader_5": FollowTheLeader(5, like=leader),
        "random_k": RandomK(seed=seed),
    }
