"""A run and its probe: how many actions stayed, what became of hits and of the book."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from rich.table import Table

from quantrl.contest.evaluate.gap import Gap
from quantrl.contest.evaluate.paired import drawing, rate, rate_gap, same_days, sharpe_gap
from quantrl.contest.evaluate.tables import BOOK, Tables
from quantrl.report.numbers import show_number
from quantrl.typing import FloatArray, IntArray, JsonObject

HARDLY = 0.7
HARDLY_USED = "input is hardly used"
_KEY = ["day", "agent", "symbol"]


@dataclass(frozen=True)
class Probe:
    """What a change of the input changed.

    Attributes
    ----------
    kind : {'hide', 'turn'}
    days, actions : int
    unchanged : Gap
        Share of actions that stayed, with the interval of its days.
    hit_rate, sharpe : Gap
        Of the probe less of the run, days drawn together.
    words : str
    """

    kind: str
    days: int
    actions: int
    unchanged: Gap
    hit_rate: Gap
    sharpe: Gap
    words: str

    def json(self) -> JsonObject:
        """Finite numbers or None."""
        return {
            "kind": self.kind,
            "days": self.days,
            "actions": self.actions,
            "unchanged": {end: self.unchanged.json()[end] for end in ("value", "low", "high", "reason")},
            "hit_rate_change": self.hit_rate.json(),
            "sharpe_change": self.sharpe.json(),
            "words": self.words,
        }

    def table(self) -> Table:
        """For a terminal."""
        table = Table(
            title=f"Probe {self.kind}, {self.days} days, {self.actions} actions", title_justify="left"
        )
        table.add_column("")
        for head in ("Value", "95% interval", "p"):
            table.add_column(head, justify="right", no_wrap=True)
        table.add_row("Actions that stayed", *_row(self.unchanged, "percent")[:2], "")
        table.add_row("Hit rate, change", *_row(self.hit_rate, "percent"))
        table.add_row("Sharpe ratio, change", *_row(self.sharpe, "ratio"))
        table.caption = self.words
        return table


def compare(base: Tables, probed: Tables, *, kind: str, reveal: Callable[[str], str] | None = None) -> Probe:
    """Two runs over the same days.

    Parameters
    ----------
    base, probed : Tables
    kind : {'hide', 'turn'}
    reveal : callable, optional
        From a symbol of `probed` to that of `base`; the same by default.

    Raises
    ------
    DataError
        Other days, or a symbol that `reveal` refuses.
    """
    same_days(base, probed, f"probe {kind}")
    signals = probed.signals
    if reveal is not None:
        names = {symbol: reveal(symbol) for symbol in signals["symbol"].unique().sort()}
        signals = signals.with_columns(symbol=pl.col("symbol").replace_strict(names, return_dtype=pl.String))
    days = np.unique(np.concatenate([base.signals["day"].to_numpy(), signals["day"].to_numpy()])).astype(
        np.int64
    )
    resample = drawing(len(days), base.summary.settings.seed)
    stayed, counted = _stayed(base.signals, signals, days)
    before, after = (_hits(rows, days) for rows in (base.signals, signals))
    unchanged = rate(stayed, counted, resample)
    return Probe(
        kind,
        base.n_days,
        int(counted.sum()),
        unchanged,
        rate_gap(*after, *before, resample),
        sharpe_gap(
            probed.column(BOOK),
            base.column(BOOK)[:, None],
            periods_per_year=base.summary.periods_per_year,
            resample=drawing(base.n_days, base.summary.settings.seed),
        ),
        _words(kind, unchanged),
    )


def _stayed(before: pl.DataFrame, after: pl.DataFrame, days: IntArray) -> tuple[FloatArray, FloatArray]:
    """(D,) actions of either run that are the same in both, and all of them; one that is missing has changed."""
    one, other = (
        rows.filter(pl.col("accepted"))
        .unique(_KEY, keep="first", maintain_order=True)
        .select(*_KEY, "action")
        for rows in (before, after)
    )
    joined = one.join(other, on=_KEY, how="full", coalesce=True, suffix="_after")
    same = (joined["action"] == joined["action_after"]).fill_null(value=False).to_numpy()
    return _by_day(joined["day"].to_numpy(), same, days), _by_day(joined["day"].to_numpy(), same | True, days)


def _hits(rows: pl.DataFrame, days: IntArray) -> tuple[FloatArray, FloatArray]:
    """(D,) matured buys and sells that earned something, and all of them."""
    known = rows.filter(pl.col("accepted") & (pl.col("action") != "hold") & pl.col("realised").is_not_nan())
    won = known["realised"].to_numpy() > 0
    return _by_day(known["day"].to_numpy(), won, days), _by_day(known["day"].to_numpy(), won | True, days)


def _by_day(day: IntArray, flags: np.ndarray, days: IntArray) -> FloatArray:
    return np.bincount(np.searchsorted(days, day), flags.astype(np.float64), len(days)).astype(np.float64)


def _words(kind: str, unchanged: Gap) -> str:
    if not np.isfinite(unchanged.value):
        return "no action to compare"
    if kind == "turn" and unchanged.value > HARDLY:
        return HARDLY_USED
    if kind == "turn":
        return "the news are used"
    return "names and dates matter" if unchanged.high < 1.0 else "names and dates do not matter"


def _row(gap: Gap, unit: str) -> list[str]:
    found = gap.json()
    value, low, high = (show_number(found[end], unit) for end in ("value", "low", "high"))
    return [value, f"{low} to {high}" if found["low"] is not None else "", show_number(found["p"], "p")]
