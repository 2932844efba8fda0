"""From what a caller hands to `Ledger.append` to rows of one layout, and rows in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.errors import LedgerError
from quantrl.selection._ledger_checks import refuse
from quantrl.selection._ledger_view import ROW

REQUIRED = ("agent", "decided", "effective", "matured", "gross")
DEFAULTS: dict[str, Any] = {
    "version": 0,
    "family": "",
    "cost": 0.0,
    "exposure": 1.0,
    "belief": np.nan,
    "tokens": 0.0,
    "usd": 0.0,
    "acted": 1,
}
COLUMNS = (*REQUIRED, "recorded", *DEFAULTS)
_TIMES = frozenset({"decided", "effective", "matured", "recorded"})
_LIMITS = {"version": 2**32, "acted": 2, **dict.fromkeys(_TIMES, 2**63)}


def as_rows(rows: Mapping[str, Any], agents: dict[str, int], families: dict[str, int]) -> NDArray[Any]:
    """A structured array of `ROW`; unknown names are added to the two dictionaries.

    Raises
    ------
    LedgerError
        A missing or unknown column, a wrong shape or type, or a value its type cannot hold: row, column, value.
    """
    for name in rows:
        if name not in COLUMNS:
            raise LedgerError(f"column {name!r}: unknown; a ledger row has {', '.join(COLUMNS)}")
    for name in REQUIRED:
        if name not in rows:
            raise LedgerError(f"column {name!r} is missing; required: {', '.join(REQUIRED)}")
    batch = np.zeros(np.size(rows["agent"]), dtype=ROW)
    for name, default in DEFAULTS.items():
        if name not in rows:
            batch[name] = default if name != "family" else families.setdefault("", len(families))
    for name, value in rows.items():
        _fill(batch, name, value, agents, families)
    if "recorded" not in rows:
        batch["recorded"] = batch["matured"]
    return batch


def _fill(
    batch: NDArray[Any], name: str, value: Any, agents: dict[str, int], families: dict[str, int]
) -> None:
    if type(value) is int and name in _TIMES and 0 <= value < 2**63:
        batch[name] = value
        return
    values = np.asarray(value)
    if values.ndim > 1 or (values.ndim == 1 and len(values) != len(batch)):
        raise LedgerError(f"column {name!r}: expected {len(batch)} values, got shape {values.shape}")
    if name == "family":
        batch[name] = _ids(name, values, families)
    elif name == "agent":
        batch[name] = _ids(name, values, agents)
    elif name in _LIMITS:
        batch[name] = _integers(name, values)
    else:
        batch[name] = _floats(name, values)


def _ids(name: str, values: NDArray[Any], known: dict[str, int]) -> NDArray[Any]:
    if values.dtype.kind not in "iu":
        return _numbered(name, values, known)
    wrong = (values < 0) | (values >= len(known))
    if np.any(wrong):
        refuse(name, values, wrong, f"an id below {len(known)} or a name")
    return values


def _numbered(name: str, values: NDArray[Any], known: dict[str, int]) -> NDArray[Any]:
    if values.dtype.kind not in "UO" or not all(isinstance(v, str) for v in values.flat):
        raise LedgerError(f"column {name!r}: expected text, got {values.dtype}")
    labels = values.ravel().tolist()
    if name == "agent" and "" in labels:
        refuse(name, values, values == "", "a name")
    numbers = [known.setdefault(label, len(known)) for label in labels]
    if len(known) > np.iinfo(np.uint16).max:
        raise LedgerError(f"column {name!r}: too many different names ({len(known)})")
    return np.array(numbers, dtype=np.int64).reshape(values.shape)


def _integers(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind not in "iub":
        raise LedgerError(f"column {name!r}: expected integers, got {values.dtype}")
    limit = _LIMITS[name]
    wrong = values < 0
    if limit <= np.iinfo(values.dtype).max if values.dtype.kind != "b" else False:
        wrong = wrong | (values >= limit)
    if wrong.any():
        refuse(name, values, wrong, f"0 to {limit - 1}")
    return values


def _floats(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind not in "fiu":
        raise LedgerError(f"column {name!r}: expected numbers, got {values.dtype}")
    return values


def instants(batch: NDArray[Any]) -> Iterator[tuple[int, NDArray[Any]]]:
    """The rows of a batch by time of availability, earliest first, each group sorted."""
    available = np.maximum(batch["matured"], batch["recorded"])
    if (available == available[0]).all():
        yield int(available[0]), batch
        return
    order = np.argsort(available, kind="stable")
    times, starts = np.unique(available[order], return_index=True)
    yield from zip(times.tolist(), np.split(batch[order], starts[1:]), strict=True)


def in_order(rows: NDArray[Any]) -> NDArray[Any]:
    """Rows of one instant sorted by (agent, decided), then version and time recorded."""
    agent = rows["agent"]
    if (agent[1:] > agent[:-1]).all():
        return rows
    return rows[np.lexsort((rows["recorded"], rows["version"], rows["decided"], agent))]
