"""A run folder opened for reading: the report and the frames, checked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantrl.errors import DataError, RunError
from quantrl.report.schema import ReportEntry, check_report
from quantrl.typing import FloatArray, IntArray, JsonObject
from quantrl.units import iso_date

_MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class ReportFolder:
    """The parts of a run folder a page is made of.

    Parameters
    ----------
    path : Path
        The folder.
    raw : dict
        ``report.json`` as parsed; every number shown is addressed in it by a JSON pointer.
    report : ReportEntry
        The same, checked.
    """

    path: Path
    raw: JsonObject
    report: ReportEntry

    @classmethod
    def open(cls, path: str | Path) -> ReportFolder:
        """Open a run folder.

        Raises
        ------
        RunError
            ``report.json`` is absent, unreadable or over 64 MiB.
        DataError
            It is not JSON, or lacks something a page needs.
        """
        folder = Path(path)
        raw = _read_json(folder / "report.json")
        return cls(folder, raw, check_report(raw, str(folder / "report.json")))

    @cached_property
    def equity(self) -> pl.DataFrame:
        """``equity.parquet``: ``time``, ``book:<name>``, ``baseline:<name>``, ``random:<quantile>``, ``agent:<label>``."""
        frame = self._frame("equity.parquet")
        if frame is None:
            raise RunError(f"{self.path / 'equity.parquet'}: no such file")
        primary = f"book:{self.primary}"
        for column in ("time", primary):
            if column not in frame.columns:
                raise DataError(f"{self.path / 'equity.parquet'}: expected a column {column!r}")
        values = frame[primary].cast(pl.Float64).fill_null(np.nan).to_numpy()
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            raise DataError(f"{self.path / 'equity.parquet'}: column {primary!r}, row {bad[0]} is not finite")
        return frame

    @cached_property
    def decisions(self) -> pl.DataFrame | None:
        """``decisions.parquet``, or None where the run has none."""
        return self._frame("decisions.parquet")

    @cached_property
    def fills(self) -> pl.DataFrame | None:
        """``fills.parquet`` of the book the page is about, or None where the run has none."""
        frame = self._frame("fills.parquet")
        if frame is None or "agent" not in frame.columns:
            return frame
        return frame.filter(pl.col("agent") == self.primary)

    @cached_property
    def account(self) -> pl.DataFrame | None:
        """``account.parquet``: columns per bar of the book the page is about, or None where the run has none.

        Raises
        ------
        DataError
            Another number of rows than `equity`, or a column that is missing.
        """
        frame = self._frame("account.parquet")
        for column in ("equity", "cash", "gross"):
            if frame is not None and (frame.height != self.equity.height or column not in frame.columns):
                raise DataError(
                    f"{self.path / 'account.parquet'}: expected {self.equity.height} rows with a column {column!r}"
                )
        return frame

    @cached_property
    def netting(self) -> JsonObject:
        """Section ``netting`` of ``metrics.json``, numbers only; empty where the run has none."""
        file = self.path / "metrics.json"
        if not file.is_file():
            return {}
        metrics = _read_json(file)
        section = metrics.get("netting") if isinstance(metrics, dict) else None
        known = section.items() if isinstance(section, dict) else ()
        return {key: value for key, value in known if isinstance(value, int | float)}

    @cached_property
    def last_day(self) -> str:
        """Date of the last bar walked, which an interrupted run reaches before its data end."""
        if not (self.path / "equity.parquet").is_file() or not len(self.time):
            return self.report.data.end
        return iso_date(int(self.time[-1]))

    @property
    def primary(self) -> str:
        """Name of the book the page is about: the contest, or else the first."""
        books = self.report.books
        return next((book.name for book in books if book.role == "contest"), books[0].name)

    @property
    def time(self) -> IntArray:
        """(T,) int64 ns: the bar ends of `equity`."""
        return self.equity["time"].cast(pl.Int64).to_numpy()

    def book(self, name: str) -> FloatArray | None:
        """(T,) equity of a book or baseline, NaN where unknown; None where no curve is stored."""
        own = self._column(f"book:{name}")
        return self._column(f"baseline:{name}") if own is None else own

    def agent(self, label: str) -> FloatArray | None:
        """(T,) equity of an agent's shadow account; None where no curve is stored."""
        return self._column(f"agent:{label}")

    def random(self, quantile: str) -> FloatArray | None:
        """(T,) quantile ``low``, ``middle`` or ``high`` of random schedules; None where none were run."""
        return self._column(f"random:{quantile}")

    @property
    def agents(self) -> list[str]:
        """Labels with a stored curve, best place first, then those off the leaderboard."""
        stored = [name.removeprefix("agent:") for name in self.equity.columns if name.startswith("agent:")]
        places = {row.agent: row.pos for row in self.report.leaderboard}
        return sorted(stored, key=lambda label: places.get(label, len(places) + 1))

    def _column(self, name: str) -> FloatArray | None:
        if name not in self.equity.columns:
            return None
        return self.equity[name].cast(pl.Float64).fill_null(np.nan).to_numpy()

    def _frame(self, name: str) -> pl.DataFrame | None:
        file = self.path / name
        if not file.is_file():
            return None
        try:
            return pl.read_parquet(file)
        except (pl.exceptions.PolarsError, OSError) as error:
            raise DataError(f"{file}: not readable as Parquet: {str(error).splitlines()[0]}") from None


def read_report(folder: Path) -> JsonObject:
    """``report.json`` of a run folder as parsed, of any kind.

    Raises
    ------
    RunError
        It is absent, unreadable or over 64 MiB.
    DataError
        It is not JSON; anything but an object is judged by the schema of its kind.
    """
    raw = _read_json(folder / "report.json")
    return raw if isinstance(raw, dict) else {}


def _read_json(file: Path) -> Any:
    try:
        if file.stat().st_size > _MAX_BYTES:
            raise RunError(f"{file}: expected at most {_MAX_BYTES} bytes")
        return json.loads(file.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except RunError:
        raise
    except OSError as error:
        raise RunError(f"{file}: cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{file}: not valid JSON: {error}") from None


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
