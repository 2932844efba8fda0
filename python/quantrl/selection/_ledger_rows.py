"""From what a caller hands to `Ledger.append` to checked rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.errors import LedgerError
from quantrl.selection._ledger_view import ROW
from quantrl.typing import BoolArray, IntArray

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
MAX_RETURN = 10.0
_SPEND = ("cost", "exposure", "tokens", "usd")
_TIMES = frozenset({"decided", "effective", "matured", "recorded"})
_LIMITS = {"version": 2**32, "acted": 2, **dict.fromkeys(_TIMES, 2**63)}


def checked_rows(rows: Mapping[str, Any], agents: dict[str, int], families: dict[str, int]) -> NDArray[Any]:
    """A structured array of `ROW`; unknown names are added to the two dictionaries.

    Raises
    ------
    LedgerError
        A missing or unknown column, a wrong shape or type, or a value out of range: row, column, value.
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
    _check_values(batch)
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
        _refuse(name, values, wrong, f"an id below {len(known)} or a name")
    return values


def _numbered(name: str, values: NDArray[Any], known: dict[str, int]) -> NDArray[Any]:
    if values.dtype.kind not in "UO" or not all(isinstance(v, str) for v in values.flat):
        raise LedgerError(f"column {name!r}: expected text, got {values.dtype}")
    numbers = [known.setdefault(label, len(known)) for label in values.ravel().tolist()]
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
        _refuse(name, values, wrong, f"0 to {limit - 1}")
    return values


def _floats(name: str, values: NDArray[Any]) -> NDArray[Any]:
    if values.dtype.kind not in "fiu":
        raise LedgerError(f"column {name!r}: expected numbers, got {values.dtype}")
    return values


def _check_values(batch: NDArray[Any]) -> None:
    """The rules of single rows; the usual clean batch costs one pass and one test."""
    gross, belief, decided, effective = (batch[c] for c in ("gross", "belief", "decided", "effective"))
    clean = np.abs(gross) <= MAX_RETURN
    for name in _SPEND:
        column = batch[name]
        clean &= column >= 0
        clean &= column < np.inf
    clean &= ~((belief < 0) | (belief > 1))
    clean &= decided <= effective
    clean &= effective < batch["matured"]
    clean &= decided <= batch["recorded"]
    clean &= (batch["acted"] != 0) | (gross == 0)
    if not clean.all():
        _explain(batch)


def _explain(batch: NDArray[Any]) -> None:
    gross, belief = batch["gross"], batch["belief"]
    rules: list[tuple[str, Any, str]] = [
        ("gross", ~(np.abs(gross) <= MAX_RETURN), f"a finite return of at most {MAX_RETURN:g} in size"),
        *(
            (name, ~((batch[name] >= 0) & (batch[name] < np.inf)), "a finite number of at least 0")
            for name in _SPEND
        ),
        ("belief", (belief < 0) | (belief > 1), "0 to 1, or NaN"),
        ("effective", batch["decided"] > batch["effective"], "not before `decided`"),
        ("matured", batch["effective"] >= batch["matured"], "after `effective`"),
        ("recorded", batch["decided"] > batch["recorded"], "not before `decided`"),
        ("gross", (batch["acted"] == 0) & (gross != 0), "0 where `acted` is 0"),
    ]
    for name, wrong, expected in rules:
        if np.any(wrong):
            _refuse(name, batch[name], wrong, expected)


def check_against(
    batch: NDArray[Any],
    last_decided: IntArray,
    matured: Mapping[int, int],
    answered: int,
    stored: Callable[[], NDArray[Any]],
) -> None:
    """The rules between rows; marks corrections in `batch`.

    Raises
    ------
    LedgerError
        Mixed horizons, a row that would change an answer given, or a repeated key that is not recorded later.
    """
    available = np.maximum(batch["matured"], batch["recorded"])
    if available.min() <= answered:
        expected = f"later than {answered}, for which an answer was already given"
        _refuse("recorded", batch["recorded"], available <= answered, expected)
    _check_horizons(batch, matured)
    agent = batch["agent"]
    if (batch["decided"] > last_decided[agent]).all() and (agent[1:] > agent[:-1]).all():
        return
    _mark_corrections(batch, stored())


def _check_horizons(batch: NDArray[Any], matured: Mapping[int, int]) -> None:
    due = horizons(batch)
    for effective, first in due.items():
        due[effective] = matured.get(effective, first)
    if len(due) == 1:
        expected = np.full(len(batch), next(iter(due.values())))
    else:
        times, place = np.unique(batch["effective"], return_inverse=True)
        expected = np.array([due[effective] for effective in times.tolist()])[place]
    wrong = batch["matured"] != expected
    if wrong.any():
        other = int(expected[np.argmax(wrong)])
        _refuse("matured", batch["matured"], wrong, f"{other}, as other rows effective at the same time")


def horizons(batch: NDArray[Any]) -> dict[int, int]:
    """`matured` of the first row of each `effective`."""
    effective = batch["effective"]
    if (effective == effective[0]).all():
        return {int(effective[0]): int(batch["matured"][0])}
    times, first = np.unique(effective, return_index=True)
    return dict(zip(times.tolist(), batch["matured"][first].tolist(), strict=True))


def _mark_corrections(batch: NDArray[Any], stored: NDArray[Any]) -> None:
    both = np.concatenate([stored, batch])
    order = np.lexsort((np.arange(len(both)), both["decided"], both["version"], both["agent"]))
    key = both[["agent", "version", "decided"]][order]
    repeated = np.append(False, key[1:] == key[:-1])
    recorded = both["recorded"][order]
    earlier = np.append(np.iinfo(np.int64).min, recorded[:-1])
    wrong = np.zeros(len(both), dtype=np.bool_)
    wrong[order] = repeated & (recorded <= earlier)
    again = np.zeros(len(both), dtype=np.uint8)
    again[order] = repeated
    new = slice(len(stored), None)
    if wrong[new].any():
        expected = "later than the row of the same agent, version and decided that is already here"
        _refuse("recorded", batch["recorded"], wrong[new], expected)
    batch["corrects"] = again[new]


def _refuse(name: str, values: NDArray[Any], wrong: BoolArray | NDArray[Any], expected: str) -> None:
    row = int(np.argmax(wrong))
    raise LedgerError(f"row {row}, column {name!r}: expected {expected}; got {np.ravel(values)[row]}")


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
