"""The default scorer: cross-sectional normal scores, exponentially forgotten, shrunk by empirical Bayes."""

from __future__ import annotations

from typing import Any, Literal, final

import numpy as np

from quantrl.selection._ledger_view import LedgerView
from quantrl.selection._parameters import one_of
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Update
from quantrl.selection.score._prior import posterior
from quantrl.selection.score._record import DAYS_PER_YEAR, HALF_LIFE, TARGET_VOL, Record, Scaled, damage
from quantrl.typing import IntArray, JsonObject

__all__ = ["DAYS_PER_YEAR", "NormalScoreEB"]


@final
class NormalScoreEB:
    """Ranks within each matured round, averages over rounds, shrinks over agents.

    Parameters
    ----------
    half_life : float
        Rounds after which a row counts half; infinity never forgets.
    target_vol : float
        Annual volatility every agent is scaled to before it is compared.
    periods_per_year : float
        Rounds a year.
    prior : {"all", "family"}
        Whom an agent is shrunk towards: all ready agents, or those of its family where at least five are ready.
    tau2 : {"moments", "dl"}
        Variance of the prior: from plain moments, or weighed by the variances of the scores (DerSimonian and Laird), for
        agents of very different age or activity.

    Raises
    ------
    ConfigError
        A parameter is out of range.

    Notes
    -----
    A round is folded once. A row that becomes available after its round was folded, late or as a correction, is
    reported and left out: what was decided on it cannot be undone, and scoring it twice would be wrong. A raised
    `version` restarts an agent's evidence.
    """

    def __init__(
        self,
        *,
        half_life: float = HALF_LIFE,
        target_vol: float = TARGET_VOL,
        periods_per_year: float = DAYS_PER_YEAR,
        prior: Literal["all", "family"] = "all",
        tau2: Literal["moments", "dl"] = "moments",
    ) -> None:
        self.prior = one_of("prior", prior, ("all", "family"))
        self.tau2 = one_of("tau2", tau2, ("moments", "dl"))
        self._family: IntArray = np.zeros(0, dtype=np.int64)
        self._record = Record(half_life=half_life, target_vol=target_vol, periods_per_year=periods_per_year)

    def update(self, view: LedgerView) -> Update:
        """Fold the rounds that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        return self._record.update(view, None if self.prior == "all" else self._fold)

    def _fold(self, scaled: Scaled) -> None:
        missing = len(self._record) - len(self._family)
        if missing > 0:
            self._family = np.append(self._family, np.full(missing, -1))
        self._family[scaled.agent] = scaled.matured.rows["family"]

    def scores(self) -> ScoreFrame:
        """Scores after the last update."""
        if (self.prior, self.tau2) == ("all", "moments"):
            return self._record.frame()
        known = self._record.known()
        family = None if self.prior == "all" else self._family
        ready = known["ready"] == 1
        mean, sd = posterior(known["s"], known["v"], ready, family, weighed=self.tau2 == "dl")
        return self._record.frame(known, mean=mean, sd=sd)

    def settings(self) -> JsonObject:
        """Parameters; the two last where they are not the defaults."""
        chosen = {"prior": (self.prior, "all"), "tau2": (self.tau2, "moments")}
        return {
            **self._record.settings(),
            **{name: value for name, (value, default) in chosen.items() if value != default},
        }

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        own = {} if self.prior == "all" else {"family": self._family.tolist()}
        return {**self._record.state(), **own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        record = self._record.restored(state)
        if self.prior == "family":
            with damage():
                family = np.array(state["family"], dtype=np.int64).reshape(len(record))
            self._family = family
        self._record = record
