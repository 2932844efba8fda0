"""The net table: the contest's book, the engines, the baselines and every agent alone, against equal weight."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quantrl.contest.evaluate.accounts import MEASURES, TOO_SHORT, Accounts, entry, undefined
from quantrl.contest.evaluate.gap import Gap, gap, no_gap
from quantrl.contest.evaluate.resample import bounds
from quantrl.contest.evaluate.stepm import may_claim
from quantrl.contest.evaluate.tables import BOOK, BUY_HOLD, EQUAL, Tables
from quantrl.contest.evaluate.verdict import words
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import BP

RANDOM, ALONE = "random:", "alone:"
LABELS: dict[str, tuple[str, str]] = {
    BOOK: ("Contest book", "contest"),
    "paper": ("Published mechanism", "engine"),
    "selection": ("Selection pipeline", "engine"),
    EQUAL: ("Equal weight", "baseline"),
    "best_past": ("Best past agent", "baseline"),
    BUY_HOLD: ("Universe, bought and held", "market"),
}
"""Label and role by name, in the order of the page."""


@dataclass(frozen=True, eq=False)
class Books:
    """Every account of a run."""

    tables: Tables

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Accounts that are no random draw: the known ones in the order of `LABELS`, then others, then agents alone."""
        engines = [name for name in self.tables.engines if not name.startswith(RANDOM)]
        known = [name for name in LABELS if name in engines]
        alone = [name for name in engines if name.startswith(ALONE)]
        return (*known, *(name for name in engines if name not in known and name not in alone), *alone)

    @property
    def shared(self) -> tuple[str, ...]:
        """Accounts of more than one agent."""
        return tuple(name for name in self.names if not name.startswith(ALONE))

    @property
    def agents(self) -> dict[str, str]:
        """Account of each agent that was run alone."""
        return {name.removeprefix(ALONE): name for name in self.names if name.startswith(ALONE)}

    @cached_property
    def accounts(self) -> Accounts:
        """Returns, measures and draws of `names`."""
        return self._accounts(self.names)

    @cached_property
    def luck(self) -> dict[str, tuple[float | None, float | None]]:
        """Probabilistic and deflated Sharpe ratio by account; as many trials as agents at least."""
        return self.accounts.luck(self.trials, [*self.agents.values()] or list(self.shared))

    @property
    def trials(self) -> int:
        """N of the deflated ratios."""
        return max(self.tables.summary.n_trials, len(self.agents))

    @cached_property
    def claimed(self) -> list[str]:
        """Accounts of which "beats equal weight" may be said; buying and holding is no account of the contest."""
        if EQUAL not in self.names or not self.accounts.long_enough:
            return []
        rivals = [name for name in self.names if name not in (EQUAL, BUY_HOLD)]
        columns = [self.accounts.place(name) for name in rivals]
        net = self.accounts.net
        return may_claim(rivals, net[:, columns], net[:, self.accounts.place(EQUAL)], self.accounts.resample)

    def gap(self, name: str, other: str = EQUAL) -> Gap:
        """Annualised Sharpe ratio of one account less another's, days drawn together."""
        if other not in self.names or not self.accounts.long_enough:
            return no_gap(TOO_SHORT if other in self.names else f"no account {other}")
        a, b = (self.accounts.measures(one)["sharpe"] for one in (name, other))
        if a["value"] is None or b["value"] is None:
            return no_gap(a["reason"] if a["value"] is None else b["reason"])
        draws = self.accounts.sharpe_draws
        i, j = self.accounts.place(name), self.accounts.place(other)
        return gap(a["value"] - b["value"], draws[:, i] - draws[:, j])

    def verdict(self, name: str) -> str:
        """What may be said of an account against equal weight."""
        rivals = len([one for one in self.names if one not in (EQUAL, BUY_HOLD)])
        return words(self.gap(name), self.tables.n_days, claimed=name in self.claimed, others=rivals)

    @cached_property
    def random(self) -> Accounts | None:
        """Accounts of random choice, one a seed; None where the run made none."""
        seeds = tuple(name for name in self.tables.engines if name.startswith(RANDOM))
        return self._accounts(seeds) if seeds else None

    def random_measures(self) -> dict[str, JsonObject]:
        """Mean over the seeds of random choice, and the range that holds 95 % of the seeds."""
        drawn = self.random
        if drawn is None or not drawn.long_enough:
            return dict.fromkeys((*MEASURES, "cost_bps_year"), undefined(TOO_SHORT))
        found = {measure: _over(drawn.values(measure)) for measure in MEASURES}
        cost = drawn.cost.mean(axis=0) * drawn.periods_per_year / BP
        return {**found, "cost_bps_year": _over(cost)}

    def random_place(self) -> JsonObject:
        """Where the book's Sharpe ratio stands among the seeds: the share of seeds below it, and how many there are."""
        drawn, own = self.random, self.accounts.measures(BOOK)["sharpe"]["value"]
        if drawn is None or not drawn.long_enough or own is None:
            return {"below": None, "seeds": 0 if drawn is None else len(drawn.names)}
        known = drawn.values("sharpe")
        known = known[np.isfinite(known)]
        below = float((known < own).mean()) if len(known) else None
        return {"below": below, "seeds": len(drawn.names)}

    def random_gap(self) -> Gap:
        """Sharpe ratio of the book less the mean over the seeds, days drawn together."""
        drawn, own = self.random, self.accounts.measures(BOOK)["sharpe"]["value"]
        mean = self.random_measures()["sharpe"]["value"]
        if drawn is None or own is None or mean is None:
            return no_gap(TOO_SHORT if drawn is not None else "no random choice")
        known = np.isfinite(drawn.sharpe_draws)
        count = known.sum(axis=1)
        total = np.where(known, drawn.sharpe_draws, 0.0).sum(axis=1)
        average = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        draws = self.accounts.sharpe_draws[:, self.accounts.place(BOOK)] - average
        return gap(own - mean, draws)

    def _accounts(self, names: tuple[str, ...]) -> Accounts:
        tables = self.tables
        return Accounts(
            names,
            _columns(tables, names, "net"),
            _columns(tables, names, "cost"),
            tables.summary.periods_per_year,
            tables.summary.settings.seed,
        )


def label_of(name: str) -> tuple[str, str]:
    """Label and role of an account."""
    if name.startswith(ALONE):
        return name.removeprefix(ALONE), "agent"
    return LABELS.get(name, (name, "baseline"))


def _columns(tables: Tables, names: tuple[str, ...], column: str) -> FloatArray:
    return np.column_stack([tables.column(name, column) for name in names])


def _over(values: FloatArray) -> JsonObject:
    known = values[np.isfinite(values)]
    if not len(known):
        return undefined("no seed has a value")
    return entry(float(known.mean()), "ok", *bounds(known))
