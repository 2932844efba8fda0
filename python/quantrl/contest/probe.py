"""Probes of what agents use: do they still do the same under other names and dates, and with the words turned round?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from quantrl.agents import recorded
from quantrl.contest.again import Estimate, Paired, changed, estimate, run_again
from quantrl.contest.config import ContestConfig
from quantrl.contest.contest_run import ContestRun
from quantrl.contest.evaluate.gap import Gap, gap, no_gap
from quantrl.contest.evaluate.resample import Resample
from quantrl.contest.evaluate.tables import BOOK, Tables
from quantrl.contest.masks import Mask, flipped, hidden
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject

PROBES = ("names", "words")
Which = Literal["names", "words"]
FOLDER = "probe"
HARDLY_USED = 0.7
"""Share of unchanged actions above which the words that were turned round are hardly used."""


@dataclass(frozen=True)
class Probing:
    """How much changed.

    Attributes
    ----------
    json : dict
        ``rows`` of ``probe actions unchanged hit_rate hit_change sharpe sharpe_change verdict``; changes are of the probe
        less the run.
    """

    json: JsonObject


def plan(run: ContestRun, probes: Iterable[str] = PROBES) -> list[Estimate]:
    """What the probes will ask: every question anew."""
    return [estimate(name, run.tables.calls, 1) for name in probes]


def probe(
    run: ContestRun,
    probes: Iterable[str] = PROBES,
    *,
    people: Iterable[str] = (),
    threads: int = 1,
    tell: Callable[[str], None] = lambda name: None,
) -> Probing:
    """Run the contest in a masked world and compare what its researchers did.

    Parameters
    ----------
    run : ContestRun
    probes : iterable of {'names', 'words'}
    people : iterable of str
        Full names to hide, beside those of companies and tickers.
    threads : int
    tell : callable
        Told of each probe before it starts.

    Raises
    ------
    ConfigError
        No such probe, nobody to probe, or a recorded entrant, which knows its instruments by name.
    QuantrlError
        What a run raises.
    """
    chosen = list(probes)
    unknown = next((name for name in chosen if name not in PROBES), None)
    if unknown is not None:
        raise ConfigError(f"probes: expected {' or '.join(PROBES)}, got {unknown!r}")
    if any(agent.id == recorded.SPEC.id for agent in run.config.agents) and "names" in chosen:
        raise ConfigError(
            "probe: a recorded entrant names its instruments and dates; run the contest without it"
        )
    rows = []
    for name in chosen:
        tell(name)
        mask = hidden(run.panel, run.docs, people) if name == "names" else flipped(run.panel, run.docs)
        made = run_again(
            run,
            _moved(run.config, mask.days),
            run.folder / FOLDER / name,
            panel=mask.panel,
            docs=mask.docs,
            threads=threads,
        )
        rows.append(_compare(name, run.tables, Tables.read(made.folder), mask))
    return Probing({"run": run.folder.name, "days": run.tables.n_days, "rows": rows})


def _moved(config: ContestConfig, days: int) -> ContestConfig:
    """The config with its dates later; data and symbols are given."""
    span = config.calibration
    changes: dict[str, object] = {
        "start": _later(config.start, days),
        "end": _later(config.end, days),
        "symbols": [],
        "data": None,
        "documents": [],
    }
    if span is not None:
        changes["calibration"] = {"start": _later(span.start, days), "end": _later(span.end, days)}
    return changed(config, **changes)


def _later(day: str, days: int) -> str:
    return (dt.date.fromisoformat(day) + dt.timedelta(days=days)).isoformat()


def _compare(name: str, base: Tables, other: Tables, mask: Mask) -> JsonObject:
    before, after = _actions(base.signals, mask.symbol), _actions(other.signals, {})
    every = before.join(after, on=["day", "agent", "symbol"], how="full", coalesce=True, suffix="_after")
    same = (every["action"] == every["action_after"]).fill_null(value=False)
    unchanged = float(same.mean()) if every.height else None  # type: ignore[arg-type]
    paired = Paired.of(
        {"probe": other.column(BOOK), BOOK: base.column(BOOK)},
        base.summary.periods_per_year,
        base.summary.settings.seed,
    )
    return {
        "probe": name,
        "actions": every.height,
        "unchanged": unchanged,
        "hit_rate": {"before": _hit_rate(base), "after": _hit_rate(other)},
        "hit_change": _hit_change(base, other).json(),
        "sharpe": {"before": paired.sharpe([BOOK])["value"], "after": paired.sharpe(["probe"])["value"]},
        "sharpe_change": paired.less([BOOK]).json(),
        "verdict": _words(name, unchanged),
    }


def _actions(signals: pl.DataFrame, names: dict[str, str]) -> pl.DataFrame:
    rows = signals.filter("accepted").select("day", "agent", "symbol", "action")
    return rows.with_columns(pl.col("symbol").replace(names)) if names else rows


def _acted(tables: Tables) -> pl.DataFrame:
    """Matured buys and sells."""
    kept = tables.signals.filter(pl.col("accepted") & (pl.col("action") != "hold"))
    return kept.filter(pl.col("realised").is_not_nan()).with_columns(hit=pl.col("realised") > 0)


def _hit_rate(tables: Tables) -> float | None:
    rows = _acted(tables)
    return float(rows["hit"].mean()) if rows.height else None  # type: ignore[arg-type]


def _hit_change(base: Tables, other: Tables) -> Gap:
    """Hit rate in the masked world less that of the run, days drawn together."""
    counts = [_by_day(tables) for tables in (base, other)]
    if base.n_days < 3 or any(not table[:, 1].sum() for table in counts):
        return no_gap("too few signals")
    drawn = Resample(base.n_days, seed=base.summary.settings.seed)
    rates = [float(table[:, 0].sum() / table[:, 1].sum()) for table in counts]
    means = [drawn.means(table) for table in counts]
    with np.errstate(invalid="ignore", divide="ignore"):
        draws = means[1][:, 0] / means[1][:, 1] - means[0][:, 0] / means[0][:, 1]
    return gap(rates[1] - rates[0], draws)


def _by_day(tables: Tables) -> FloatArray:
    """(T, 2) hits and signals a day."""
    rows = _acted(tables).group_by("day").agg(hits=pl.col("hit").sum(), count=pl.len())
    found = {int(day): (float(hits), float(count)) for day, hits, count in rows.iter_rows()}
    return np.array([found.get(int(day), (0.0, 0.0)) for day in tables.days])


def _words(name: str, unchanged: float | None) -> str:
    if unchanged is None:
        return "no signal to compare"
    if name == "words":
        return "input is hardly used" if unchanged > HARDLY_USED else "input is used"
    return (
        "actions hold under other names and dates"
        if unchanged > HARDLY_USED
        else "actions depend on names or dates"
    )
