"""The tables of a run, read once and checked: all that evaluation and report ever see."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantrl.contest.evaluate._check import check_frame
from quantrl.contest.evaluate.layout import LAYOUTS
from quantrl.contest.evaluate.summary import Summary, read_summary
from quantrl.errors import DataError, RunError
from quantrl.typing import FloatArray, IntArray, JsonObject

BOOK, BUY_HOLD, EQUAL = "book", "buy_hold", "equal"
MAX_BYTES = 1 << 30
_EXACT = 1e-9


@dataclass(frozen=True)
class Tables:
    """A run as tables.

    Attributes
    ----------
    folder : Path
    summary : Summary
    ledger, factor_ledger : DataFrame
        Matured rows of the research and of the data contest, the newest version of each.
    capital, returns, signals, factors, judgements, predictions, attribution, weights : DataFrame
        Columns as in `layout.LAYOUTS`; a table the run has not is empty.
    calls : list of dict
        ``calls.jsonl``.
    """

    folder: Path
    summary: Summary
    ledger: pl.DataFrame
    factor_ledger: pl.DataFrame
    capital: pl.DataFrame
    returns: pl.DataFrame
    signals: pl.DataFrame
    factors: pl.DataFrame
    judgements: pl.DataFrame
    predictions: pl.DataFrame
    attribution: pl.DataFrame
    weights: pl.DataFrame
    calls: list[JsonObject]

    @classmethod
    def read(cls, run_folder: str | Path) -> Tables:
        """Read a run folder.

        Raises
        ------
        RunError
            The folder, or a table it must have, is absent or cannot be read.
        DataError
            A table that is not what it should be; the message names file and column, and row where there is one.
        """
        folder = Path(run_folder)
        frames = {name: _frame(folder, name) for name in LAYOUTS}
        summary = read_summary(_json(folder / "summary.json"), str(folder / "summary.json"))
        made = cls(folder, summary, calls=_lines(folder / "calls.jsonl"), **frames)
        made._agree()
        return made

    def _agree(self) -> None:
        """Whether the tables fit together."""
        file = self.folder / "returns.parquet"
        counts = self.returns.group_by("engine", maintain_order=True).len()
        for engine, count in counts.iter_rows():
            if count != self.n_days:
                raise DataError(
                    f"{file}: column 'day': engine {engine!r} has {count} days, others {self.n_days}; "
                    "a day in cash is a return of 0, not a missing row"
                )
        wrong = (self.returns["gross"] - self.returns["cost"] - self.returns["net"]).abs() > _EXACT
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            raise DataError(
                f"{file}: column 'net', row {row}: expected gross less cost, got {self.returns['net'][row]}"
            )
        if self.n_days and BOOK not in self.engines:
            raise DataError(f"{file}: column 'engine': expected one {BOOK!r}, got {', '.join(self.engines)}")
        if np.any(np.diff(self.matured) <= 0):
            raise DataError(f"{file}: column 'matured': expected later times on later days")

    @cached_property
    def days(self) -> IntArray:
        """(T,) int64 indices of the days with a return, ascending."""
        return self.returns["day"].unique().sort().to_numpy().astype(np.int64)

    @property
    def n_days(self) -> int:
        """T, cash days included."""
        return len(self.days)

    @cached_property
    def matured(self) -> IntArray:
        """(T,) int64 ns: when the return of each day was known."""
        by_day = self.returns.group_by("day").agg(pl.col("matured").max()).sort("day")
        return by_day["matured"].to_numpy().astype(np.int64)

    @cached_property
    def engines(self) -> tuple[str, ...]:
        """Every account with returns, in the order of the table; before the first return the contest's own."""
        return tuple(self.returns["engine"].unique(maintain_order=True).to_list()) or (BOOK,)

    @cached_property
    def decided(self) -> dict[int, int]:
        """d(t) in ns by day index."""
        times = self.capital.group_by("day").agg(pl.col("decided").max())
        return {int(day): int(at) for day, at in times.iter_rows()}

    @cached_property
    def agents(self) -> tuple[str, ...]:
        """Entrants of the research contest, in the order of their first row."""
        names = pl.concat([self.capital["agent"], self.ledger["agent"]])
        return tuple(names.unique(maintain_order=True).to_list())

    def column(self, engine: str, name: str = "net") -> FloatArray:
        """(T,) one column of one engine's returns.

        Raises
        ------
        DataError
            No such engine.
        """
        if engine not in self.engines:
            raise DataError(f"{self.folder / 'returns.parquet'}: column 'engine': no {engine!r}")
        rows = self.returns.filter(pl.col("engine") == engine).sort("day")
        return rows[name].to_numpy().astype(np.float64)

    def shares(self, engine: str) -> tuple[IntArray, FloatArray]:
        """Days (D,) with a decision, and capital (D, A) of each of `agents` under an engine; 0 where none is stored."""
        return _pivot(self.capital.filter(pl.col("engine") == engine), "share", self.agents, 0.0)

    def stakes(self, engine: str) -> tuple[IntArray, FloatArray]:
        """As `shares`, times the factor to one volatility where an engine has one: what multiplies an agent's weights."""
        rows = self.capital.filter(pl.col("engine") == engine)
        if "scale" in rows.columns:
            rows = rows.with_columns(share=pl.col("share") * pl.col("scale"))
        return _pivot(rows, "share", self.agents, 0.0)


def pivot(rows: pl.DataFrame, value: str, names: tuple[str, ...]) -> tuple[IntArray, FloatArray]:
    """Days (D,) and values (D, A), one column for each of `names` of ``agent``; NaN where there is no row."""
    return _pivot(rows, value, names, np.nan)


def _pivot(
    rows: pl.DataFrame, value: str, names: tuple[str, ...], empty: float
) -> tuple[IntArray, FloatArray]:
    days, day = np.unique(rows["day"].to_numpy(), return_inverse=True)
    place = {name: i for i, name in enumerate(names)}
    column = np.array([place.get(name, -1) for name in rows["agent"].to_list()], dtype=np.int64)
    table = np.full((len(days), len(names)), empty)
    known = column >= 0
    table[day[known], column[known]] = rows[value].to_numpy().astype(np.float64)[known]
    return days.astype(np.int64), table


def _frame(folder: Path, name: str) -> pl.DataFrame:
    file, layout = folder / f"{name}.parquet", LAYOUTS[name]
    if not file.is_file():
        if layout.required:
            raise RunError(f"{file}: no such table; a run of the contest has one")
        return check_frame(pl.DataFrame(), file, layout)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise RunError(f"{file}: expected at most {MAX_BYTES} bytes")
        frame = pl.read_parquet(file)
    except RunError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{file}: cannot be read as Parquet: {first}") from None
    checked = check_frame(frame, file, layout)
    if name.endswith("ledger"):
        return checked.unique(subset=["agent", "decided"], keep="last", maintain_order=True)
    return checked


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse)
    except OSError as error:
        raise RunError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: not valid JSON: {error}") from None


def _lines(file: Path) -> list[JsonObject]:
    if not file.is_file():
        return []
    found: list[JsonObject] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            value = json.loads(line, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{file}: line {number}: not valid JSON: {error}") from None
        if not isinstance(value, dict):
            raise DataError(f"{file}: line {number}: expected an object, got {line[:40]!r}")
        found.append(value)
    return found


def _refuse(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
