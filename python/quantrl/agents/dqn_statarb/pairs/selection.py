"""What a selection found: a row for every pair tested, the survivors in order, and the file of the best."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from quantrl.errors import DataError

FORMAT = "quantrl-pair/1"
REASONS = ("beta", "collinear", "cointegration", "johansen", "halves", "half_life", "cost")
"""Why a pair is refused, in the order of the checks; the first that fails is named."""


@dataclass(frozen=True)
class PairTest:
    """One pair, in the direction whose Engle-Granger p-value is smaller.

    Attributes
    ----------
    first, second : str
        ln(first) = alpha + beta ln(second) + x.
    alpha, beta, se : float
        By least squares on the window; `se` of beta.
    eg_p, eg_p_reverse : float
        Engle-Granger p-values of this direction and of the other.
    p : float
        Of the pair: twice the smaller, at most 1, since two directions were tried. What Benjamini-Hochberg sees.
    trace_0, trace_1, critical_0, critical_1, beta_johansen : float
        Johansen's statistics, their 95 % values and the ratio of the first vector.
    half_p : float
        ADF p-value of the second half with the ratio of the first.
    phi_ols, phi, kappa, s, half_life_s : float
        The Ornstein-Uhlenbeck fit: autoregression as estimated and corrected, rate per second, log units, seconds.
    k : float
        Cost of one unit of position change, log units.
    j, j_low : float
        J*(k) per hour, log units, and the 5 % quantile of its bootstrap; NaN of a pair refused before that step.
    reason : str
        One of `REASONS`, or empty for a survivor.
    """

    first: str
    second: str
    alpha: float
    beta: float
    se: float
    eg_p: float
    eg_p_reverse: float
    p: float
    trace_0: float
    trace_1: float
    critical_0: float
    critical_1: float
    beta_johansen: float
    half_p: float
    phi_ols: float
    phi: float
    kappa: float
    s: float
    half_life_s: float
    k: float
    j: float
    j_low: float
    reason: str


@dataclass(frozen=True)
class PairSelection:
    """Every pair tested on one window.

    Attributes
    ----------
    tested : tuple of PairTest
        Survivors first, by falling `j_low`; then the refused in the order of their symbols.
    window : (str, str)
        First and last time of the rows, ISO, or row numbers where no times were given.
    rows : int
    sample_ns : int
        Nanoseconds between rows.
    sha256 : str
        Of the data.
    settings : mapping
        Levels, draws, seed and where costs come from.
    """

    tested: tuple[PairTest, ...]
    window: tuple[str, str]
    rows: int
    sample_ns: int
    sha256: str
    settings: Mapping[str, Any]

    @property
    def survivors(self) -> tuple[PairTest, ...]:
        """Pairs without a reason against them, the best first."""
        return tuple(test for test in self.tested if not test.reason)

    def table(self) -> pl.DataFrame:
        """A row for every pair tested, a column for every attribute of `PairTest`."""
        return pl.DataFrame([asdict(test) for test in self.tested])

    def to_dict(self) -> dict[str, Any]:
        """The best pair and all that were tested, as in ``pair.json``; NaN is None."""
        best = self.survivors[0] if self.survivors else None
        return {
            "format": FORMAT,
            "pair": None if best is None else _plain(best),
            "tests": len(self.tested),
            "window": {"from": self.window[0], "to": self.window[1], "rows": self.rows},
            "sample_ns": self.sample_ns,
            "data_sha256": self.sha256,
            "settings": dict(self.settings),
            "tested": [_plain(test) for test in self.tested],
        }

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the best pair as ``pair.json``, whole or not at all.

        Raises
        ------
        DataError
            No pair survived, or the file cannot be written.
        """
        target = Path(path)
        if not self.survivors:
            raise DataError(f"{target}: no pair of {len(self.tested)} survived; nothing is written")
        aside = target.with_name(f".{target.name}.{os.getpid()}.partial")
        try:
            aside.write_text(json.dumps(self.to_dict(), indent=2) + "\n", encoding="utf-8")
            aside.replace(target)
        except OSError as error:
            aside.unlink(missing_ok=True)
            raise DataError(f"{target}: cannot be written: {error.strerror}") from None
        return target


def _plain(test: PairTest) -> dict[str, Any]:
    kept = {name: None if value != value else value for name, value in asdict(test).items()}
    return {"symbols": [kept.pop("first"), kept.pop("second")], **kept}
