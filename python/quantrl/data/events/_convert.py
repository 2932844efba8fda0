"""Sources of every venue to event files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from quantrl import _core
from quantrl.data._columns import column_arrays
from quantrl.data.events.file import EventFile
from quantrl.data.events.info import FileInfo
from quantrl.data.events.options import ConvertOptions
from quantrl.errors import ConfigError, DataError

#: Formats that `convert` reads, and what each needs beside the file.
FORMATS: dict[str, str] = {
    "lobster": "the zip, or message and orderbook file; date and symbol where the name does not say them",
    "itch": "date; symbol keeps only those",
    "dbn": "tick_size; schema mbo",
    "binance-spot": "tick_size, lot_size",
    "binance-futures": "tick_size, lot_size",
    "hftbacktest": "tick_size, lot_size, symbol",
    "columns": "arrays in place of a file; tick_size, lot_size, symbol, level",
}
_REQUIRED = {"ts": "i8", "kind": "u1", "flags": "u1", "tick": "i8", "qty": "u8"}
_OPTIONAL = {"received": "i8", "instr": "u2", "order": "u8", "new_order": "u8"}

PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class Conversion:
    """What came of a conversion: the file, its header and what was counted on the way."""

    path: Path
    info: FileInfo
    quality: dict[str, Any]

    def open(self) -> EventFile:
        """The file."""
        return EventFile(self.path)


def convert(
    src: PathLike | Sequence[PathLike] | Mapping[str, Any] | pl.DataFrame,
    dst: PathLike,
    *,
    format: str,
    tick_size: str | None = None,
    lot_size: str | None = None,
    symbol: str | Sequence[str] | None = None,
    date: str | None = None,
    step: int | None = None,
    level: int = 3,
    options: ConvertOptions | None = None,
    progress: Callable[[int], None] | None = None,
    **more: Any,
) -> Conversion:
    """Convert order-book data into an event file.

    Parameters
    ----------
    src : path, two paths for LOBSTER's message and orderbook file, or columns
        Plain, gzip or zstd. Columns: ``ts kind flags tick qty`` and where wanted ``received instr order new_order``, as
        `EventFile.columns` gives them; int64, uint8, uint8, int64, uint64, int64, uint16, uint64, uint64.
    dst : path
        Written under another name and renamed when it is whole.
    format : one of `FORMATS`
    tick_size, lot_size : str
        Exact decimals such as ``"0.01"``, for formats that do not state them.
    symbol : str or sequence of str
        Name of the instrument; for ITCH and columns several.
    date : str
        Trading day ``YYYY-MM-DD`` in New York, for formats that count from midnight.
    step : int
        LOBSTER: ticks of 1e-4 USD between prices, 100 by default.
    level : int
        Columns: 1 best quotes, 2 levels, 3 orders.
    options : ConvertOptions
    progress : callable
        Called about ten times a second with the rows read; what it raises ends the conversion.
    **more
        Fields of `ConvertOptions`, such as ``strict=True``, in place of `options`.

    Raises
    ------
    DataError
        A malformed row, too many faults or a limit passed: file, row, field, expected, got. Nothing is written.
    ConfigError
        An argument that is missing, unknown or out of range, named.
    OSError
        The file cannot be written.
    """
    core = _options(options, more).to_core()
    if format not in FORMATS:
        raise ConfigError(f"format: expected one of {', '.join(FORMATS)}, got {format!r}")
    for name, size in (("tick_size", tick_size), ("lot_size", lot_size)):
        if size is not None and not isinstance(size, str):
            raise ConfigError(f'{name}: expected an exact decimal as text such as "0.01", got {size!r}')
    symbols = [] if symbol is None else [symbol] if isinstance(symbol, str) else list(symbol)
    target = Path(dst)
    if format == "columns":
        if isinstance(src, str | os.PathLike) or not isinstance(src, Mapping | pl.DataFrame):
            raise ConfigError(f"src: expected columns by name, for format columns, got {type(src).__name__}")
        if tick_size is None or lot_size is None or not symbols:
            raise ConfigError("tick_size, lot_size, symbol: expected all three, for format columns")
        arrays = column_arrays(src, _REQUIRED, _OPTIONAL)
        if level not in (1, 2, 3):
            raise ConfigError(f"level: expected 1, 2 or 3, got {level!r}")
        _core.events_of_columns(
            target,
            core,
            level=level,
            symbols=symbols,
            tick_size=tick_size,
            lot_size=lot_size,
            ts=arrays["ts"],
            kind=arrays["kind"],
            flags=arrays["flags"],
            tick=arrays["tick"],
            qty=arrays["qty"],
            received=arrays.get("received"),
            instr=arrays.get("instr"),
            order=arrays.get("order"),
            new_order=arrays.get("new_order"),
            told=progress,
        )
    else:
        if step is not None and step < 1:
            raise ConfigError(f"step: expected at least 1, got {step}")
        _core.events_convert(
            format,
            _files(src, target),
            target,
            core,
            tick_size=tick_size,
            lot_size=lot_size,
            symbols=symbols,
            date=date,
            step=step,
            told=progress,
        )
    return written(target)


def written(path: Path) -> Conversion:
    """About a file that was just made."""
    file = EventFile(path, verify=False)
    return Conversion(path, file.info, file.quality)


def _options(options: ConvertOptions | None, more: Mapping[str, Any]) -> ConvertOptions:
    if not more:
        return options or ConvertOptions()
    if options is not None:
        raise ConfigError(f"options: expected no {', '.join(more)} beside it")
    try:
        return ConvertOptions(**more)
    except TypeError:
        known = ", ".join(ConvertOptions.__dataclass_fields__)
        unknown = ", ".join(name for name in more if name not in ConvertOptions.__dataclass_fields__)
        raise ConfigError(f"options: expected any of {known}, got {unknown}") from None


def _files(src: Any, dst: Path) -> list[Path]:
    if isinstance(src, Mapping | pl.DataFrame):
        raise ConfigError("src: expected a file; columns go with format columns")
    paths = [Path(src)] if isinstance(src, str | os.PathLike) else [Path(path) for path in src]
    for path in paths:
        if not path.is_file():
            raise DataError(f"{path}: no such file")
        if dst.exists() and path.samefile(dst):
            raise ConfigError(f"dst: expected another file than the source, got {dst}")
    return paths
