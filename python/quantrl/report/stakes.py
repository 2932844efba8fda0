"""Whose capital a book's equity is, over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.report.folder import ReportFolder
from quantrl.report.periods import Period, finest, period_ends
from quantrl.typing import FloatArray, IntArray

UNASSIGNED, OTHERS = "Treasury", "Other agents"
_POINTS = 900
_NAMED = 7


@dataclass(frozen=True)
class Stakes:
    """Currency held by each layer at the end of each period.

    Parameters
    ----------
    period : str
    time : (P,) int64
    names : list of str
        Agents with the most capital first, on average and now; then the others together, then what no agent holds.
    money : (P, L) float64
        Sums to the book's equity; never negative.
    """

    period: Period
    time: IntArray
    names: list[str]
    money: FloatArray


def stakes_of(folder: ReportFolder) -> Stakes | None:
    """Layers from ``decisions.parquet`` and the book's curve; None where no capital was recorded."""
    frame, equity = folder.decisions, folder.book(folder.primary)
    if frame is None or equity is None or frame.height != len(equity) or not frame.height:
        return None
    labels = [name.removeprefix("c:") for name in frame.columns if name.startswith("c:")]
    if not labels:
        return None
    shares = np.column_stack([frame[f"c:{label}"].to_numpy() for label in labels])
    held = np.maximum(np.nan_to_num(shares), 0.0) * equity[:, None]
    weight = held.mean(axis=0) + held[-1]
    order = [int(i) for i in np.argsort(-weight, kind="stable") if held[:, i].any()]
    named, rest = order[:_NAMED], order[_NAMED:]
    names = [labels[i] for i in named]
    layers = [held[:, i] for i in named]
    if rest:
        names.append(f"{OTHERS} ({len(rest)})")
        layers.append(held[:, rest].sum(axis=1))
    names.append(UNASSIGNED)
    layers.append(np.maximum(equity - held.sum(axis=1), 0.0))
    period = finest(folder.time, _POINTS)
    rows = period_ends(folder.time, period)
    return Stakes(period, folder.time[rows], names, np.column_stack(layers)[rows])
