"""Marginal contribution: what an agent earns that the book of the others does not."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Update
from quantrl.selection.score._decayed import ROUNDING, Decayed, ratio, shrink
from quantrl.selection.score._record import DAYS_PER_YEAR, HALF_LIFE, TARGET_VOL, Record, Scaled, damage
from quantrl.typing import FloatArray, JsonObject

LEAST_SD = 0.1


@final
class Mmc:
    """Mean over deviation of the part of an agent's scaled returns that the book of the others does not explain.

    The book of an agent is the mean scaled return of all others with a row in the round. Over the rounds it acted in,
    with decayed moments: beta = cov(x, book) / var(book), alpha = mean(x) - beta mean(book), s = sqrt(a) alpha /
    sd(x - beta book), a the share of rounds acted in, v = a o W2/W²; then shrunk over the ready.

    Parameters
    ----------
    mode : {"return"}
        ``"signal"`` (Numerai's contribution of targets to a meta model) needs what no ledger row carries and is refused.
    half_life : float
        Rounds after which a row counts half; infinity never forgets.
    target_vol : float
        Annual volatility every agent is scaled to before it is compared.
    periods_per_year : float
        Rounds a year.

    Notes
    -----
    A copy of the book scores 0, whatever it earns. The residual deviation counts as at least a tenth of the target
    volatility, so a near copy cannot turn a rounding into a ratio. A round with one row has no others and is left out.

    References
    ----------
    Numerai, Meta Model Contribution (docs.numer.ai). Treynor and Black (1973), How to use security analysis to improve
    portfolio selection, Journal of Business 46: the appraisal ratio.
    """

    def __init__(
        self,
        mode: str = "return",
        *,
        half_life: float = HALF_LIFE,
        target_vol: float = TARGET_VOL,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        if mode == "signal":
            raise ConfigError(
                "mode: signal needs each agent's targets and the outcome per instrument; a ledger row carries one "
                "return, one exposure and one belief per agent and round. Use mode='return'"
            )
        if mode != "return":
            raise ConfigError(f"mode: expected return, got {mode!r}")
        self.mode = mode
        self._record = Record(half_life=half_life, target_vol=target_vol, periods_per_year=periods_per_year)
        # x, book, x², x book, book².
        self._moments = Decayed(5, self._record.half_life)

    def update(self, view: LedgerView) -> Update:
        """Fold the rounds that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        return self._record.update(view, self._fold)

    def _fold(self, scaled: Scaled) -> None:
        x = scaled.x
        self._moments.restart(scaled.changed)
        book = (x.sum() - x) / max(len(x) - 1, 1)
        values = np.array([x, book, x * x, x * book, book * book])
        self._moments.fold(len(self._record), scaled.agent, values, scaled.acted & (len(x) > 1))

    def contributions(self) -> FloatArray:
        """(A,) alpha over residual deviation per round acted in, not shrunk; NaN before the first such round."""
        x, book, xx, x_book, square = self._moments.means()
        variance = square - book * book
        moves = variance > ROUNDING * square
        beta = np.where(moves, ratio(x_book - x * book, np.where(moves, variance, 0.0)), 0.0)
        alpha = x - beta * book
        rest = xx - x * x - beta * (x_book - x * book)
        found: FloatArray = alpha / np.sqrt(np.maximum(rest, (LEAST_SD * self._record.sigma) ** 2))
        return found

    def scores(self) -> ScoreFrame:
        """Scores after the last update."""
        known = self._record.known()
        share, n_eff = self._moments.share(), self._moments.n_eff(self._record.overlap)
        s = np.sqrt(share) * self.contributions()
        ready = (known["ready"] == 1) & ~np.isnan(s)
        mean, sd = shrink(s, ratio(share, n_eff), ready)
        return self._record.frame(known, mean=mean, sd=sd, n_eff=n_eff, ready=ready)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"mode": self.mode, **self._record.settings()}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {**self._record.state(), "moments": self._moments.state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        record = self._record.restored(state)
        with damage():
            moments = self._moments.restored(state["moments"], len(record))
        self._record, self._moments = record, moments
