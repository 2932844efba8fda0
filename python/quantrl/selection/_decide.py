"""Today's netted target weights, and by which agents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantrl.errors import ConfigError
from quantrl.selection.runner import Contest, build_contest
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import iso_date, ns_from_iso

if TYPE_CHECKING:
    from quantrl.config import Config
    from quantrl.data import Panel


@dataclass(frozen=True)
class Targets:
    """One decision, not filled yet.

    Attributes
    ----------
    decided : int
        ns.
    fill : str
        Where it is to be filled.
    weights : dict
        Target weight by instrument; the rest is cash, capital of recorded returns with it.
    by_agent : dict
        Weight by instrument of each funded agent, its capital and scale applied; they add up to `weights`.
    capital, scales : dict
        Of the funded agents.
    held : dict
        Weight by instrument of the book before.
    """

    decided: int
    fill: str
    weights: dict[str, float]
    by_agent: dict[str, dict[str, float]]
    capital: dict[str, float]
    scales: dict[str, float]
    held: dict[str, float]

    @property
    def cash(self) -> float:
        """What is not invested."""
        return 1.0 - sum(self.weights.values())

    def frame(self) -> pl.DataFrame:
        """``instrument weight held`` and a column for each funded agent."""
        names = list(self.weights)
        columns = {f"by:{label}": [part[n] for n in names] for label, part in self.by_agent.items()}
        return pl.DataFrame(
            {
                "instrument": names,
                "weight": list(self.weights.values()),
                "held": list(self.held.values()),
                **columns,
            }
        )

    def json(self) -> JsonObject:
        """As plain values."""
        return {
            "decided": self.decided,
            "date": iso_date(self.decided),
            "fill": self.fill,
            "status": "pending",
            "weights": self.weights,
            "cash": self.cash,
            "by_agent": self.by_agent,
            "capital": self.capital,
            "scales": self.scales,
            "held": self.held,
        }


def decide(
    source: Config | Contest,
    asof: str | int | None = None,
    *,
    panel: Panel | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Targets:
    """Run a contest up to a date and return its last decision, which no later bar has filled.

    Parameters
    ----------
    source : Config or Contest
        A contest must not have been stepped beyond the date.
    asof : str or int, optional
        Date (``2020-03-02``) or time (ns); the last bar without it.
    panel : Panel, optional
        The data of a config, if loaded already.
    progress : callable, optional
        Called now and then with bars done and bars in all.

    Raises
    ------
    ConfigError
        A date before the first bar, or a contest that has gone beyond it.
    """
    contest = source if isinstance(source, Contest) else _prepared(source, panel)
    end = _bar(contest.panel, asof)
    if contest.done > end + 1:
        raise ConfigError(f"asof {asof}: the contest has already decided on later bars")
    for t in range(contest.done, end + 1):
        contest.step(t)
        if progress is not None and (t % 32 == 0 or t == end):
            progress(t + 1, end + 1)
    return _targets(contest, end)


def _targets(contest: Contest, bar: int) -> Targets:
    names, target = contest.panel.instruments, contest.targets[bar]
    funded = np.flatnonzero(contest.shares[bar]).tolist()
    capital = contest.shares[bar] * contest.scales[bar] * contest.factors[bar]
    label = [entrant.label for entrant in contest.entrants]
    return Targets(
        decided=int(contest.timeline.time[bar]),
        fill=contest.settings.fill,
        weights=_named(names, target),
        by_agent={label[i]: _named(names, capital[i] * contest.wanted[i]) for i in funded},
        capital={label[i]: float(contest.shares[bar, i]) for i in funded},
        scales={label[i]: float(contest.scales[bar, i]) for i in funded},
        held=_named(names, contest.before),
    )


def _named(names: tuple[str, ...], weights: FloatArray) -> dict[str, float]:
    """Of the contest's instruments; what sleeves hold is cash to whoever trades the targets."""
    return dict(zip(names, weights[: len(names)].tolist(), strict=True))


def _prepared(config: Config, panel: Panel | None) -> Contest:
    from quantrl import data

    return build_contest(config, panel or data.load(config.data), baselines=False)


def _bar(panel: Panel, asof: str | int | None) -> int:
    if asof is None:
        return panel.n_bars - 1
    t = asof if isinstance(asof, int) else ns_from_iso(asof, end_of_day=True)
    bar = int(np.searchsorted(panel.time, t, side="right")) - 1
    if bar < 0:
        raise ConfigError(f"asof {asof}: the data begin on {iso_date(int(panel.time[0]))}")
    return bar
