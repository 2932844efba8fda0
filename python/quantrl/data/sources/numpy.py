"""NumPy archives: ``time`` (T,) int64 ns, ``instruments`` (N,) text, and every other array (T, N)."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from quantrl.data.grid import MAX_CELLS, Grid, check_size
from quantrl.data.instrument import check_name
from quantrl.data.layout import MASKS, check_header
from quantrl.data.origin import Origin, shown
from quantrl.data.quality.order import order
from quantrl.data.sources import Request
from quantrl.data.sources._edge import check_file, edge
from quantrl.errors import DataError

SUFFIXES = (".npz",)
SUMMARY = "NumPy archive; NaN is missing, since an array has no empty cell"


def read(file: Path, how: Request) -> Grid:
    """Read an archive without ever unpickling; rows are numbered from 1.

    Raises
    ------
    DataError
        One line naming the file and the array: over the limits, damaged, of a wrong shape or kind.
    """
    name, _ = check_file(file)
    with edge(name):
        arrays = _load(file, name)
        time = _part(arrays, "time", name, "iu", 1).astype(np.int64)
        symbols = _part(arrays, "instruments", name, "U", 1)
        instruments = tuple(str(symbol) for symbol in symbols)
        for symbol in instruments:
            check_name(symbol, "instrument")
        if len(set(instruments)) < len(instruments) or not instruments or not len(time):
            raise DataError(f"{name}: expected at least one bar, and distinct instruments")
        shape = (len(time), len(instruments))
        wanted = [key for key in arrays if how.columns is None or key in how.columns]
        for key in wanted:
            if arrays[key].shape != shape or arrays[key].dtype.kind not in ("b" if key in MASKS else "fiu"):
                got = f"{arrays[key].dtype} of shape {arrays[key].shape}"
                raise DataError(f"{name}: array {shown(key)}: expected numbers of shape {shape}, got {got}")
        origin = Origin(name, "row", np.arange(1, len(time) + 1))
        findings = tuple(order(time, None, (), origin, "time"))
        by_time = np.argsort(time, kind="stable")
        columns = {key: arrays[key][by_time].astype(np.float64) for key in wanted if key not in MASKS}
        if not columns:
            raise DataError(f"{name}: expected a column of numbers, such as close")
        masks = {key: arrays[key][by_time] for key in wanted if key in MASKS}
        rows = origin.rows[by_time][:, None]
        return Grid(columns, time[by_time], instruments, name, rows, "row", masks, findings=findings)


def _load(file: Path, name: str) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        check_header([member.filename.removesuffix(".npy") for member in members], name)
        check_size(name, 0, sum(member.file_size for member in members) // 8)
    with np.load(file, allow_pickle=False) as archive:
        arrays = {}
        for key in archive.files:
            values = archive[key]
            if not isinstance(values, np.ndarray) or values.size > MAX_CELLS:
                raise DataError(f"{name}: {shown(key)} is not an array of numbers")
            arrays[key] = values
    return arrays


def _part(arrays: dict[str, Any], key: str, name: str, kinds: str, ndim: int) -> Any:
    if key not in arrays:
        raise DataError(f"{name}: expected an array called {key!r}, got {shown(sorted(arrays))}")
    values = arrays.pop(key)
    if values.ndim != ndim or values.dtype.kind not in kinds:
        raise DataError(f"{name}: array {key!r}: got {values.dtype} of shape {values.shape}")
    return values
