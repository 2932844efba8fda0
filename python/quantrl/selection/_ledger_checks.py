"""What rows of a ledger must satisfy, alone and against the rows already there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.errors import LedgerError
from quantrl.selection._ledger_view import ROW
from quantrl.typing import BoolArray, FloatArray, IntArray

MAX_RETURN = 10.0
_SPEND = ("cost", "exposure", "tokens", "usd")
_NUMBERS = ("gross", "cost", "exposure", "belief", "tokens", "usd")
_BELIEF = _NUMBERS.index("belief")

Moment = tuple[int, int, int, int]
"""``decided, effective, matured, recorded`` of a batch whose rows share them all: the usual one."""


def moment_of(batch: NDArray[Any]) -> Moment | None:
    """The times of a batch if its rows share them, else None."""
    times: IntArray = _block(batch, "decided", 4, np.int64)
    if (times == times[0]).all():
        decided, effective, matured, recorded = times[0].tolist()
        return decided, effective, matured, recorded
    return None


def check_values(batch: NDArray[Any], moment: Moment | None) -> None:
    """The rules of single rows. A clean batch costs a few passes; only a bad one is searched for its row.

    Raises
    ------
    LedgerError
        Row, column and value.
    """
    numbers: FloatArray = _block(batch, "gross", len(_NUMBERS), np.float64)
    low, high = np.minimum.reduce(numbers).tolist(), np.maximum.reduce(numbers).tolist()
    belief = numbers[:, _BELIEF]
    low[_BELIEF], high[_BELIEF] = 0.0, 0.0
    clean = -MAX_RETURN <= low[0] <= high[0] <= MAX_RETURN
    clean &= all(value >= 0 for value in low[1:]) and all(value < np.inf for value in high[1:])
    clean &= not (np.fmin.reduce(belief) < 0 or np.fmax.reduce(belief) > 1)
    clean &= bool(((batch["acted"] == 1) | ((batch["acted"] == 0) & (numbers[:, 0] == 0))).all())
    if not (clean and _times_fit(batch, moment)):
        _explain(batch)


def _times_fit(batch: NDArray[Any], moment: Moment | None) -> bool:
    if moment is not None:
        decided, effective, matured, recorded = moment
        return decided <= effective < matured and decided <= recorded
    decides, starts = batch["decided"], batch["effective"]
    fit = (decides <= starts) & (starts < batch["matured"]) & (decides <= batch["recorded"])
    return bool(fit.all())


def _block(batch: NDArray[Any], first: str, count: int, dtype: Any) -> NDArray[Any]:
    """Neighbouring columns of eight bytes each as (n, count), without a copy."""
    assert ROW.fields is not None
    start = ROW.fields[first][1]
    raw = batch.view(np.uint8).reshape(len(batch), ROW.itemsize)
    return raw[:, start : start + 8 * count].view(dtype)


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
        ("acted", batch["acted"] > 1, "0 or 1"),
    ]
    for name, wrong, expected in rules:
        if np.any(wrong):
            refuse(name, batch[name], wrong, expected)


def check_against(
    batch: NDArray[Any],
    moment: Moment | None,
    last_decided: IntArray,
    matured: Mapping[int, int],
    answered: int,
    stored: Callable[[], NDArray[Any]],
) -> bool:
    """The rules between rows; marks corrections in `batch`.

    Returns
    -------
    bool
        One row per agent, in order, each decided after all earlier ones of its agent: nothing to mark.

    Raises
    ------
    LedgerError
        Mixed horizons, a row that would change an answer given, or a repeated key that is not recorded later.
    """
    if moment is not None:
        _, effective, due, recorded = moment
        fits = max(due, recorded) > answered and matured.get(effective, due) == due
    if moment is None or not fits:
        _check_availability(batch, answered)
        _check_horizons(batch, matured)
    agent = batch["agent"]
    decided = batch["decided"] if moment is None else moment[0]
    if (agent[1:] > agent[:-1]).all() and (last_decided[agent] < decided).all():
        return True
    _mark_corrections(batch, stored())
    return False


def _check_availability(batch: NDArray[Any], answered: int) -> None:
    wrong = np.maximum(batch["matured"], batch["recorded"]) <= answered
    if wrong.any():
        expected = f"later than {answered}, for which an answer was already given"
        refuse("recorded", batch["recorded"], wrong, expected)


def _check_horizons(batch: NDArray[Any], matured: Mapping[int, int]) -> None:
    due = {effective: matured.get(effective, first) for effective, first in horizons(batch).items()}
    times, place = np.unique(batch["effective"], return_inverse=True)
    expected = np.array([due[effective] for effective in times.tolist()])[place]
    wrong = batch["matured"] != expected
    if wrong.any():
        other = int(expected[np.argmax(wrong)])
        refuse("matured", batch["matured"], wrong, f"{other}, as other rows effective at the same time")


def horizons(batch: NDArray[Any]) -> dict[int, int]:
    """`matured` of the first row of each `effective`."""
    times, first = np.unique(batch["effective"], return_index=True)
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
        refuse("recorded", batch["recorded"], wrong[new], expected)
    batch["corrects"] = again[new]


def refuse(name: str, values: NDArray[Any], wrong: BoolArray | NDArray[Any], expected: str) -> None:
    row = int(np.argmax(wrong))
    raise LedgerError(f"row {row}, column {name!r}: expected {expected}; got {np.ravel(values)[row]}")
