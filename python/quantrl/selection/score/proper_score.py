"""Skill of stated beliefs: a proper scoring rule against the agent's own base rate."""

from __future__ import annotations

from typing import Any, Literal, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Update
from quantrl.selection.score._decayed import Decayed, shrink
from quantrl.selection.score._record import DAYS_PER_YEAR, HALF_LIFE, TARGET_VOL, Record, Scaled, damage
from quantrl.typing import BoolArray, FloatArray, IntArray, JsonObject

RULES = ("brier", "log")
LEAST_STATED = 21
LEAST_VARIANCE = 1e-12
CLIP = 0.01
SPREAD = 0.05


@final
class ProperScore:
    """How much better an agent's beliefs forecast its gains than its own past hit rate does.

    A row counts where the agent acted and stated a belief p = P(net > 0). With y = 1 if net > 0 and b the decayed hit
    rate of its earlier counted rows, ``(Y + 1) / (W + 2)``, the skill of the row is ``(y - b)² - (y - p)²``, or
    ``ln L(p) - ln L(b)`` with p and b kept in .01-.99 and L the likelihood of y. Its mean over counted rows, times the
    share of rounds that count, is shrunk over the ready.

    Parameters
    ----------
    rule : {"brier", "log"}
    half_life : float
        Rounds after which a row counts half; infinity never forgets.
    target_vol : float
        Annual volatility agents are scaled to.
    periods_per_year : float
        Rounds a year.

    Notes
    -----
    The mean is not divided by its deviation: only the mean of a proper rule is largest at the true probability. b knows
    nothing of the row it is compared on and nothing of p, so it changes no incentive. Ready asks for 21 counted rows
    beside the usual age.

    References
    ----------
    Brier (1950), Verification of forecasts expressed in terms of probability, Monthly Weather Review 78.
    Gneiting and Raftery (2007), Strictly proper scoring rules, prediction, and estimation, JASA 102.
    """

    def __init__(
        self,
        rule: Literal["brier", "log"] = "brier",
        *,
        half_life: float = HALF_LIFE,
        target_vol: float = TARGET_VOL,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        if rule not in RULES:
            raise ConfigError(f"rule: expected {' or '.join(RULES)}, got {rule!r}")
        self.rule: Literal["brier", "log"] = rule
        self._record = Record(half_life=half_life, target_vol=target_vol, periods_per_year=periods_per_year)
        # Skill, its square, and whether the row was a gain.
        self._skill = Decayed(3, self._record.half_life)
        self._stated: IntArray = np.zeros(0, dtype=np.int64)

    def update(self, view: LedgerView) -> Update:
        """Fold the rounds that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        return self._record.update(view, self._fold)

    def _fold(self, scaled: Scaled) -> None:
        self._skill.restart(scaled.changed)
        self._stated[scaled.changed] = 0
        n, agent = len(self._record), scaled.agent
        self._skill.grow(n)
        self._stated = np.append(self._stated, np.zeros(n - len(self._stated), dtype=np.int64))
        belief = scaled.matured.rows["belief"]
        counts = scaled.acted & ~np.isnan(belief)
        gained = (scaled.net > 0).astype(np.float64)
        base = (self._skill.sums[2, agent] + 1.0) / (self._skill.weight[agent] + 2.0)
        skill = _skill(self.rule, gained, np.where(counts, belief, base), base)
        self._skill.fold(n, agent, np.array([skill, skill**2, gained]), counts)
        self._stated[agent] += counts

    def scores(self) -> ScoreFrame:
        """Scores after the last update; the mean is skill per round, in units of the rule."""
        known = self._record.known()
        mean, square, _ = self._skill.means()
        n_eff, share = self._skill.n_eff(self._record.overlap), self._skill.share()
        ready = (known["ready"] == 1) & (self._stated >= LEAST_STATED)
        s, variance = mean * share, np.maximum(square - mean * mean, LEAST_VARIANCE) * share**2
        v = np.divide(variance, n_eff, out=np.full(len(s), np.nan), where=ready)
        mean, sd = shrink(s, v, ready)
        return self._record.frame(known, mean=mean, sd=sd, n_eff=n_eff, ready=ready)

    def budget(self) -> FloatArray:
        """(A,) shares of a budget by skill, together 1: ``(1 - e) max(0, mean) / sum + e / A``, e = .05.

        An agent that is not ready has no skill yet; everybody gets the same while nobody has.
        """
        skill = np.nan_to_num(np.maximum(self.scores().mean, 0.0), nan=0.0)
        n, total = len(skill), float(skill.sum())
        if not total > 0:
            return np.full(n, 1.0 / max(n, 1))
        shares: FloatArray = (1.0 - SPREAD) * skill / total + SPREAD / n
        return shares

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"rule": self.rule, **self._record.settings()}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        own = {"skill": self._skill.state(), "stated": self._stated.tolist()}
        return {**self._record.state(), **own}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        record = self._record.restored(state)
        with damage():
            skill = self._skill.restored(state["skill"], len(record))
            stated = np.array(state["stated"], dtype=np.int64).reshape(len(record))
        self._record, self._skill, self._stated = record, skill, stated


def _skill(rule: str, gained: FloatArray, belief: FloatArray, base: FloatArray) -> FloatArray:
    if rule == "brier":
        skill: FloatArray = (gained - base) ** 2 - (gained - belief) ** 2
        return skill
    return _log_likelihood(gained > 0, belief) - _log_likelihood(gained > 0, base)


def _log_likelihood(gained: BoolArray, probability: FloatArray) -> FloatArray:
    p = np.clip(probability, CLIP, 1.0 - CLIP)
    return np.log(np.where(gained, p, 1.0 - p))
