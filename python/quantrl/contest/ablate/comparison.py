"""The whole contest against each variant, paired by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from quantrl import metrics
from quantrl.contest.ablate.variant import Variant
from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.gap import Gap
from quantrl.contest.evaluate.paired import drawing, same_days, sharpe_gap
from quantrl.contest.evaluate.tables import BOOK, Tables
from quantrl.errors import DataError
from quantrl.report.numbers import show_number
from quantrl.typing import FloatArray, JsonObject

_SHOWN = ("total", "sharpe", "max_drawdown")


@dataclass(frozen=True)
class Outcome:
    """One variant.

    Attributes
    ----------
    name : str
    seeds : int
        Runs it is the mean of.
    measures : dict
        ``total sharpe max_drawdown``, means over the seeds.
    low, high : float
        Lowest and highest Sharpe ratio of the seeds.
    lead : Gap
        Sharpe ratio of the whole contest less the variant's: what the part left out is worth.
    words : str
    """

    name: str
    seeds: int
    measures: dict[str, float]
    low: float
    high: float
    lead: Gap
    words: str


@dataclass(frozen=True)
class Comparison:
    """The whole and all variants.

    Attributes
    ----------
    days : int
    whole : dict
        ``total sharpe max_drawdown`` of the book.
    outcomes : list of Outcome
    """

    days: int
    whole: dict[str, float]
    outcomes: list[Outcome]

    def json(self) -> JsonObject:
        """Finite numbers or None."""
        return {
            "days": self.days,
            "whole": {name: number(value) for name, value in self.whole.items()},
            "variants": [
                {
                    "name": one.name,
                    "seeds": one.seeds,
                    **{name: number(value) for name, value in one.measures.items()},
                    "seed_range": [number(one.low), number(one.high)],
                    "lead": one.lead.json(),
                    "words": one.words,
                }
                for one in self.outcomes
            ],
        }

    def table(self) -> Table:
        """For a terminal."""
        table = Table(title=f"The whole contest against its parts, {self.days} days", title_justify="left")
        table.add_column("Variant")
        heads = (
            "Seeds",
            "Net return\n%",
            "Sharpe",
            "Worst\ndrawdown %",
            "Whole leads\nby Sharpe",
            "p",
            "Visible\nat 80%",
        )
        for head in heads:
            table.add_column(head, justify="right", no_wrap=True)
        table.add_column("In words")
        table.add_row("the whole", "", *_measures(self.whole), "", "", "", "", style="bold")
        for one in self.outcomes:
            gap = one.lead.json()
            low, value, high = (show_number(gap[end], "ratio") for end in ("low", "value", "high"))
            lead = f"{value} ({low} to {high})"
            rest = (show_number(gap["p"], "p"), show_number(gap["visible"], "ratio"))
            table.add_row(one.name, f"{one.seeds}", *_measures(one.measures), lead, *rest, one.words)
        return table


def compare(base: Tables, runs: Mapping[Variant, Tables]) -> Comparison:
    """Side by side.

    Parameters
    ----------
    base : Tables
        The whole contest.
    runs : mapping of Variant to Tables
        Of each variant its run, or `base` where its rows serve.

    Raises
    ------
    DataError
        A run over other days, or without the engine its variant names.
    """
    whole = base.column(BOOK)
    resample = drawing(base.n_days, base.summary.settings.seed)
    outcomes = []
    for name in dict.fromkeys(variant.name for variant in runs):
        columns = [_returns(base, variant, runs[variant]) for variant in runs if variant.name == name]
        others = np.column_stack(columns)
        lead = sharpe_gap(whole, others, periods_per_year=base.summary.periods_per_year, resample=resample)
        each = [_measured(column, base.summary.periods_per_year) for column in columns]
        ratios = [one["sharpe"] for one in each if np.isfinite(one["sharpe"])] or [float("nan")]
        means = {measure: _mean([one[measure] for one in each]) for measure in _SHOWN}
        outcomes.append(
            Outcome(name, len(columns), means, min(ratios), max(ratios), lead, _words(lead, base.n_days))
        )
    return Comparison(base.n_days, _measured(whole, base.summary.periods_per_year), outcomes)


def _returns(base: Tables, variant: Variant, run: Tables) -> FloatArray:
    same_days(base, run, variant.label)
    if variant.engine not in run.engines:
        raise DataError(
            f"{variant.label}: expected an engine {variant.engine!r} in {run.folder / 'returns.parquet'}"
        )
    return run.column(variant.engine)


def _measured(returns: FloatArray, periods_per_year: float) -> dict[str, float]:
    if len(returns) < 2:
        return dict.fromkeys(_SHOWN, float("nan"))
    made = metrics.table(returns, periods_per_year=periods_per_year, measures=list(_SHOWN))
    return {measure: float(made[measure][0]) for measure in _SHOWN}


def _mean(values: Sequence[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")


def _words(lead: Gap, days: int) -> str:
    if lead.holds_zero:
        return f"not distinguishable from the whole over {days} days"
    side = "behind" if lead.low > 0 else "ahead of"
    return f"{side} the whole over {days} days: the interval excludes 0 (a single comparison)"


def _measures(found: Mapping[str, float]) -> list[str]:
    units = {"total": "points", "sharpe": "ratio", "max_drawdown": "points"}
    return [show_number(number(found[name]), units[name]) for name in _SHOWN]
