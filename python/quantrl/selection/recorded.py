"""Net returns of a finished run, made elsewhere or at another frequency, as an entrant: ``recorded:RUN``."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import numpy as np
import polars as pl

from quantrl.agent import AgentSpec, Decision
from quantrl.data.hashing import file_sha256
from quantrl.data.samples import FOLDER
from quantrl.errors import ConfigError, DataError
from quantrl.runs import Run, open_run
from quantrl.selection._ledger_checks import MAX_RETURN
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.data import View

PREFIX = "recorded:"
SAMPLE = "sample:"
SAMPLES = {
    "pair_sessions": (
        "pair_sessions.csv",
        "43bc55a00b1181f34d11808128df32caf851bc98b01dda41902fb02b65d536dd",
        "simulated books",
    )
}
"""File, sha256 and venue of returns that come with the package; ``data/README.md`` says how they were made."""
DAILY, EQUITY = "daily.parquet", "equity.parquet"
_MAX_BYTES = 1 << 28
_BARS = "bars"


@final
@dataclass(frozen=True, eq=False)
class RecordedReturns:
    """Net returns of a run. As an agent of the contest's own instruments it holds none of them.

    Attributes
    ----------
    run : str
        As it was named.
    venue : str
        Where they were made: ``venue`` of the run's manifest (``books``, ``replay`` ...), or ``bars``.
    time : (D,) int64
        End of each period, ns UTC, when its return is known.
    net : (D,) float64
        Simple net return of each period.
    sha256 : str
        Of the file.
    """

    run: str
    venue: str
    time: IntArray
    net: FloatArray
    sha256: str

    @property
    def SPEC(self) -> AgentSpec:  # noqa: N802
        """What a leaderboard says of it."""
        return AgentSpec(
            id=f"{PREFIX}{self.run}",
            kind="recorded",
            params={"venue": self.venue, "sha256": self.sha256},
            summary=f"Net returns of the run {self.run}, recorded ({self.venue}); nothing is decided here.",
        )

    def decide(self, view: View) -> Decision:
        """Cash: its capital is a sleeve beside the contest's instruments."""
        return Decision.cash(view.n_instruments)

    def snapshot(self) -> bytes:
        """Nothing: it follows from the file."""
        return b""

    def restore(self, state: bytes, now: int, n_instruments: int) -> None:
        """Go on."""

    def index(self, time: IntArray) -> FloatArray:
        """(T,) growth of 1 up to each time, by what was known then; 1 before the first period has ended."""
        growth = np.concatenate([[1.0], np.cumprod(1.0 + self.net)])
        found: FloatArray = growth[np.searchsorted(self.time, time, side="right")]
        return found

    def runs_at(self, t: int) -> bool:
        """Whether capital put in at `t` (ns) can earn: from the end of the first period, before that of the last."""
        return bool(self.time[0] <= t < self.time[-1])


def is_recorded(agent_id: str) -> bool:
    """Whether an id names the returns of a run."""
    return agent_id.startswith(PREFIX)


def read_recorded(run: str, *, column: str = "", root: str | Path = "runs") -> RecordedReturns:
    """The net returns of a run folder.

    Parameters
    ----------
    run : str
        Folder, or id below `root`; ``sample:pair_sessions`` is one that comes with the package.
    column : str
        Of ``equity.parquet``: the account, where there are several; ``book:contest`` of a contest.

    Raises
    ------
    RunError
        No such run.
    DataError
        Neither file there, or times or returns that cannot be: names file and row.
    ConfigError
        An account that is not there, or none named where there are several.

    Notes
    -----
    ``daily.parquet`` is read where there is one: ``time`` (end of the day: int64 ns UTC, or a time with a zone) and ``net``
    (simple net return). Else ``equity.parquet`` of a backtest, a contest or a replay of weights: ``time`` and
    ``book:<label>``, whose growth from row to row is the return; its first row starts it.
    """
    if run.startswith(SAMPLE):
        return _sample(run, column)
    folder = open_run(run, root=root)
    daily, equity = folder.path / DAILY, folder.path / EQUITY
    file = daily if daily.is_file() else equity
    if not file.is_file():
        raise DataError(f"{folder.path}: expected {DAILY} or {EQUITY}, found neither")
    frame = _frame(file)
    if file == daily:
        if column:
            raise ConfigError(f"params.column: {file} has one series of returns, got {column!r}")
        time, net = _times(frame, file), _numbers(frame, "net", file)
    else:
        worth = _numbers(frame, _account(frame, column, file), file)
        bad = np.flatnonzero(worth <= 0)
        if bad.size:
            raise DataError(f"{file}: row {bad[0]}: expected equity above 0, got {worth[bad[0]]}")
        time, net = _times(frame, file)[1:], worth[1:] / worth[:-1] - 1.0
    _check(time, net, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return RecordedReturns(run, _venue(folder), time, net, digest)


def _sample(run: str, column: str) -> RecordedReturns:
    """Returns that come with the package."""
    name = run.removeprefix(SAMPLE)
    if name not in SAMPLES:
        raise ConfigError(f"{PREFIX}{SAMPLE}: expected one of {', '.join(SAMPLES)}, got {name!r}")
    file, sha256, venue = SAMPLES[name]
    path = FOLDER / file
    if column:
        raise ConfigError(f"params.column: {path} has one series of returns, got {column!r}")
    found = file_sha256(path) if path.is_file() else "no file"
    if found != sha256:
        raise DataError(f"{path}: expected sha256 {sha256}, got {found}; the bundled sample was changed")
    frame = pl.read_csv(path, schema={"time": pl.Int64, "net": pl.Float64})
    time, net = _times(frame, path), _numbers(frame, "net", path)
    _check(time, net, path)
    return RecordedReturns(run, venue, time, net, sha256)


def _frame(file: Path) -> pl.DataFrame:
    if (size := file.stat().st_size) > _MAX_BYTES:
        raise DataError(f"{file}: expected at most {_MAX_BYTES} bytes, got {size}")
    try:
        return pl.read_parquet(file)
    except (Exception, pl.exceptions.PanicException) as error:
        reason = str(error).splitlines() or [type(error).__name__]
        raise DataError(f"{file}: cannot be read: {reason[0]}") from None


def _account(frame: pl.DataFrame, column: str, file: Path) -> str:
    books = [name for name in frame.columns if name.startswith("book:")]
    if column:
        if column not in frame.columns or column == "time":
            raise ConfigError(f"params.column: expected one of {', '.join(books)} in {file}, got {column!r}")
        return column
    if "book:contest" in books or len(books) == 1:
        return "book:contest" if "book:contest" in books else books[0]
    if not books:
        raise DataError(f"{file}: expected a column book:<label>, got {', '.join(frame.columns[:8])}")
    raise ConfigError(f"params.column: name one of {', '.join(books)} in {file}")


def _times(frame: pl.DataFrame, file: Path) -> IntArray:
    if "time" not in frame.columns:
        raise DataError(f"{file}: expected a column time, got {', '.join(frame.columns[:8])}")
    column = frame["time"]
    if isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone is not None:
        column = column.dt.epoch("ns")
    if column.dtype != pl.Int64 or column.null_count():
        raise DataError(f"{file}: time: expected int64 ns UTC or times with a zone, got {column.dtype}")
    return np.ascontiguousarray(column.to_numpy())


def _numbers(frame: pl.DataFrame, name: str, file: Path) -> FloatArray:
    if name not in frame.columns or not frame[name].dtype.is_numeric():
        raise DataError(f"{file}: expected a column {name} of numbers, got {', '.join(frame.columns[:8])}")
    values = np.ascontiguousarray(frame[name].cast(pl.Float64).fill_null(np.nan).to_numpy())
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise DataError(f"{file}: row {bad[0]}: {name}: expected a finite number, got {values[bad[0]]}")
    return values


def _check(time: IntArray, net: FloatArray, file: Path) -> None:
    if len(time) < 2:
        raise DataError(f"{file}: expected at least 2 returns, got {len(time)}")
    back = np.flatnonzero(np.diff(time) <= 0)
    if back.size:
        raise DataError(
            f"{file}: row {back[0] + 1}: expected a time after {time[back[0]]}, got {time[back[0] + 1]}"
        )
    wild = np.flatnonzero((net <= -1.0) | (net > MAX_RETURN))
    if wild.size:
        raise DataError(
            f"{file}: row {wild[0]}: expected a return above -1 and at most {MAX_RETURN:g}, got {net[wild[0]]}"
        )


def _venue(folder: Run) -> str:
    found: Any = folder.manifest
    venue = found.get("venue") if isinstance(found, dict) else None
    if venue is None:
        return _BARS
    if not isinstance(venue, str) or not venue.isprintable() or not 0 < len(venue) <= 32:
        raise DataError(f"{folder.path}: manifest: venue: expected a short name, got {venue!r}")
    return venue
