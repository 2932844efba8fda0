"""Figures that companies file, by the time they were filed and not by the period they are about."""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from quantrl.contest.sources._rows import Cells, read_rows
from quantrl.contest.sources.frame import cell_times
from quantrl.data.clock import check_zone
from quantrl.data.origin import Origin, one_line, shown
from quantrl.data.sources._edge import edge
from quantrl.errors import DataError

COLUMNS = ("symbol", "filed_at", "name", "value", "period")
MAX_NAME = 64


class Figure(NamedTuple):
    """One figure of one filing.

    Parameters
    ----------
    symbol : str
    filed_at : int
        When it could first be read, ns UTC.
    name : str
        Such as ``eps_diluted``.
    value : float
    period : str
        What it is about, such as ``2029Q4``; in the words of the file.
    """

    symbol: str
    filed_at: int
    name: str
    value: float
    period: str


class Fundamentals:
    """Figures of a run; tools see them only through `as_of`.

    Parameters
    ----------
    figures : iterable of Figure
        In any order.

    Raises
    ------
    DataError
        A value that is not finite, or a name that is empty, over 64 characters or not printable.
    """

    def __init__(self, figures: Iterable[Figure]) -> None:
        self._by_symbol: dict[str, list[Figure]] = {}
        ordered = sorted(enumerate(figures), key=lambda item: (item[1].filed_at, item[0]))
        for row, figure in ordered:
            _check(figure, f"figure {row}")
            self._by_symbol.setdefault(figure.symbol, []).append(figure)
        self._times = {symbol: [f.filed_at for f in held] for symbol, held in self._by_symbol.items()}

    @classmethod
    def read(cls, path: str | Path, *, time_zone: str | None = None) -> Fundamentals:
        """Figures of a Parquet, JSON lines or CSV file with the columns ``symbol filed_at name value period``.

        Parameters
        ----------
        path : str or Path
            At most 64 MiB and 5 million rows.
        time_zone : str, optional
            Needed where `filed_at` names no zone, and where it is a date alone, which counts as the last second of that
            local day.

        Raises
        ------
        DataError
            A file, column or row that cannot be used; names the row.
        ConfigError
            An unknown time zone.
        """
        cells, origin = read_rows(Path(path))
        return cls._of_cells(cells, origin, time_zone)

    @classmethod
    def from_frame(cls, frame: pl.DataFrame, *, time_zone: str | None = None) -> Fundamentals:
        """As `read`, of a frame in memory whose rows are counted from 1."""
        cells = {name: frame[name].to_list() for name in frame.columns}
        return cls._of_cells(cells, Origin("fundamentals", "row", np.arange(1, frame.height + 1)), time_zone)

    @classmethod
    def _of_cells(cls, cells: Cells, origin: Origin, time_zone: str | None) -> Fundamentals:
        if time_zone is not None:
            check_zone(time_zone, "time_zone")
        missing = [name for name in COLUMNS if name not in cells]
        if missing:
            listed = one_line(", ".join(cells)) or "none"
            raise DataError(f"{origin.file}: expected columns {', '.join(COLUMNS)}; it has {listed}")
        with edge(origin.file):
            filed = cell_times(cells["filed_at"], "filed_at", origin, time_zone)
            return cls([_figure(cells, i, at, origin) for i, at in enumerate(filed)])

    def as_of(self, now: int) -> FundamentalsView:
        """What was filed by `now`."""
        return FundamentalsView(
            now,
            {
                symbol: tuple(held[: bisect_right(self._times[symbol], now)])
                for symbol, held in self._by_symbol.items()
            },
        )

    def mapped(self, change: Callable[[Figure], Figure | None]) -> Fundamentals:
        """Figures that `change` makes of these, in their order; those it makes None of are left out."""
        made = (change(figure) for held in self._by_symbol.values() for figure in held)
        return Fundamentals(figure for figure in made if figure is not None)

    def __len__(self) -> int:
        return sum(map(len, self._by_symbol.values()))

    @property
    def sha256(self) -> str:
        """Digest of all figures, in the order in which they were filed."""
        digest = hashlib.sha256(b"quantrl.fundamentals.1\n")
        for symbol in sorted(self._by_symbol):
            for figure in self._by_symbol[symbol]:
                digest.update(repr(tuple(figure)).encode() + b"\n")
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class FundamentalsView:
    """Figures filed by `now`, by symbol, oldest filing first; no later one can be reached from here."""

    now: int
    figures: Mapping[str, tuple[Figure, ...]]

    def newest(self, symbol: str) -> tuple[tuple[Figure, Figure | None], ...]:
        """The figure filed last under each name, and the one filed under it for another period before; by name."""
        last: dict[str, Figure] = {}
        before: dict[str, Figure] = {}
        for figure in self.figures.get(symbol, ()):
            held = last.get(figure.name)
            if held is not None and held.period != figure.period:
                before[figure.name] = held
            last[figure.name] = figure
        return tuple((last[name], before.get(name)) for name in sorted(last))


def _figure(cells: Cells, i: int, filed_at: int | None, origin: Origin) -> Figure:
    if filed_at is None:
        raise origin.error(i, "filed_at", "expected a time, got none")
    symbol, name, period = (cells[key][i] for key in ("symbol", "name", "period"))
    raw = cells["value"][i]
    try:
        value = float(raw)
    except (TypeError, ValueError):
        raise origin.error(i, "value", f"expected a number, got {shown(raw)}") from None
    period = "" if period is None else str(period)
    for key, text in (("symbol", symbol), ("name", name)):
        if not isinstance(text, str):
            raise origin.error(i, key, f"expected text, got {shown(text)}")
    figure = Figure(symbol, filed_at, name, value, period)
    _check(figure, f"{origin.file}: {origin.word} {int(origin.rows[i])}")
    return figure


def _check(figure: Figure, where: str) -> None:
    if not math.isfinite(figure.value):
        raise DataError(f"{where}, value: expected a finite number, got {figure.value}")
    for key, text, least in (
        ("symbol", figure.symbol, 1), ("name", figure.name, 1), ("period", figure.period, 0)
    ):  # fmt: skip
        if not least <= len(text) <= MAX_NAME or not (text.isprintable() or not text):
            raise DataError(
                f"{where}, {key}: expected {least} to {MAX_NAME} printable characters, got {shown(text)}"
            )
