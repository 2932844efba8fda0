"""Elo-MMR: each round a contest among those who acted, rated by who beat whom."""

from __future__ import annotations

import math
from typing import Any, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Update
from quantrl.selection.score._elo import LEAST_SD, Ratings
from quantrl.selection.score._record import DAYS_PER_YEAR, HALF_LIFE, TARGET_VOL, Record, Scaled, damage
from quantrl.typing import IntArray, JsonObject


@final
class EloMmr:
    """Ratings for leaderboards and partial participation; for capital the default score is better.

    The agents that acted are ordered by scaled net return. A rating starts at 1500 with deviation 350 and is shown as
    ``mu - 3 (sd - 80)``: what is as good as certain. An absent agent keeps its rating; with `drift` it is less certain
    when it comes back.

    Parameters
    ----------
    weight : float
        How much a round tells: .0025 for days, .05 for weeks, .2 for months. Larger follows luck.
    drift : float
        Variance a round adds to a rating.
    history : int, optional
        Rounds of an agent remembered one by one, so that outliers among them weigh less; None remembers all.
    split_ties : bool
        Whether a tie is half a win and half a loss instead of evidence of equality.
    target_vol : float
        Annual volatility every agent is scaled to before it is compared.
    periods_per_year : float
        Rounds a year.

    Notes
    -----
    A round with fewer than two acting agents is no contest. `n_eff`, `share` and `psr_abs` are those of half-life 126.
    O(k²) per round for the performances of k agents, O(k history) for their ratings.

    References
    ----------
    Ebtekar and Liu (2021), Elo-MMR: A rating system for massive multiplayer competitions, WWW.
    """

    def __init__(
        self,
        *,
        weight: float = 0.0025,
        drift: float = 0.0,
        history: int | None = 100,
        split_ties: bool = False,
        target_vol: float = TARGET_VOL,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        if not 0 < weight < math.inf:
            raise ConfigError(f"weight: expected a positive number, got {weight!r}")
        if not 0 <= drift < math.inf:
            raise ConfigError(f"drift: expected a number from 0, got {drift!r}")
        if history is not None and history < 1:
            raise ConfigError(f"history: expected at least 1 round or None, got {history!r}")
        self.weight, self.drift, self.history = float(weight), float(drift), history
        self.split_ties = bool(split_ties)
        self._record = Record(half_life=HALF_LIFE, target_vol=target_vol, periods_per_year=periods_per_year)
        self._ratings = self._fresh()
        self._round = 0
        # Round each agent was last rated in, or the one before its first.
        self._last: IntArray = np.zeros(0, dtype=np.int64)

    def _fresh(self) -> Ratings:
        return Ratings(self.weight, self.drift, self.history, self.split_ties)

    def update(self, view: LedgerView) -> Update:
        """Rate the rounds that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        return self._record.update(view, self._fold)

    def _fold(self, scaled: Scaled) -> None:
        n = len(self._record)
        self._ratings.restart(scaled.changed)
        self._ratings.grow(n)
        self._last[scaled.changed] = self._round
        self._last = np.append(self._last, np.full(n - len(self._last), self._round))
        self._round += 1
        acted = scaled.acted
        if np.count_nonzero(acted) < 2:
            return
        who = scaled.agent[acted]
        self._ratings.play(who, scaled.x[acted], (self._round - self._last[who]).astype(np.float64))
        self._last[who] = self._round

    def scores(self) -> ScoreFrame:
        """Shown ratings and deviations after the last update."""
        known = self._record.known()
        ready = known["ready"] == 1
        sd = np.where(ready, self._ratings.sd, np.nan)
        shown = np.where(ready, self._ratings.mean - 3.0 * (sd - LEAST_SD), np.nan)
        return self._record.frame(known, mean=shown, sd=sd)

    def settings(self) -> JsonObject:
        """Parameters."""
        names = ("weight", "drift", "history", "split_ties")
        rest = {key: value for key, value in self._record.settings().items() if key != "half_life"}
        return {**{name: getattr(self, name) for name in names}, **rest}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        own = {"round": self._round, "last": self._last.tolist()}
        return {**self._record.state(), **own, "elo": self._ratings.state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        record, ratings = self._record.restored(state), self._fresh()
        with damage():
            ratings.load(state["elo"], len(record))
            last = np.array(state["last"], dtype=np.int64).reshape(len(record))
            played = int(state["round"])
        self._record, self._ratings, self._last, self._round = record, ratings, last, played
