"""The identity of a panel: a hash over everything an agent or an engine can read in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.data.instrument import Instrument

_CHUNK = 1 << 20


def panel_id(
    columns: Mapping[str, NDArray[Any]],
    masks: Mapping[str, NDArray[Any]],
    available_at: Mapping[str, NDArray[Any]],
    time: NDArray[np.int64],
    table: Sequence[Instrument],
) -> str:
    """sha256, in hexadecimal, over names, dtypes, shapes, little-endian bytes and the instrument table.

    The order in which columns were given does not matter; the order of instruments does. NaN payloads count,
    so two panels of one id are equal bit for bit.
    """
    digest = hashlib.sha256(b"quantrl.panel.1\n")
    groups = (("time", {"": time}), ("column", columns), ("mask", masks), ("available_at", available_at))
    for group, arrays in groups:
        for name in sorted(arrays):
            _feed(digest, f"{group}:{name}", arrays[name])
    for instrument in table:
        digest.update(repr(astuple(instrument)).encode() + b"\n")
    return digest.hexdigest()


def file_sha256(path: str | Path) -> str:
    """sha256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _feed(digest: Any, name: str, array: NDArray[Any]) -> None:
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    digest.update(f"{len(name)}:{name}:{little.dtype.str}:{little.shape}\n".encode())
    digest.update(little.tobytes())
