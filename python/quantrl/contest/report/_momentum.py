"""``quantrl contest momentum``: whether scores persist, over which windows, eq. (6) of arXiv 2508.00554."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from rich.table import Table

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.rank_ic import RankIC
from quantrl.contest.evaluate.tables import Tables, pivot
from quantrl.contest.predict.momentum import Cell, momentum_grid
from quantrl.report.numbers import show_number
from quantrl.typing import JsonObject

WHOLE = "the run has no calibration span: the grid covers its own days, so m and n must not be chosen from it"


@dataclass(frozen=True)
class Momentum:
    """The grid of each contest.

    Attributes
    ----------
    json : dict
        ``span``, ``warning`` and, by contest, ``cells`` of ``m n dates mean icir t long_mean long_t`` and ``best``.
    """

    json: JsonObject

    def tables(self) -> list[Table]:
        """One table for each contest: m down, n across, RankIC with its t."""
        return [_table(one) for one in self.json["contests"]]


def momentum(tables: Tables) -> Momentum:
    """The grid over the calibration span, or over the whole run with a warning where there is none."""
    end = tables.summary.calibration_end
    rows = tables.predictions
    span = rows if end is None else rows.filter(pl.col("day") <= end)
    if end is not None and span.height == 0:
        span, end = rows, None
    found = [_contest(span, name) for name in ("data", "research")]
    return Momentum(
        {
            "span": "whole run" if end is None else f"calibration, days up to {end}",
            "warning": WHOLE if end is None else None,
            "contests": [one for one in found if one is not None],
        }
    )


def _contest(rows: pl.DataFrame, name: str) -> JsonObject | None:
    own = rows.filter(pl.col("contest") == name)
    if own.height == 0:
        return None
    _, scores = pivot(own, "score", tuple(own["agent"].unique(maintain_order=True).to_list()))
    grid = momentum_grid(scores)
    return {
        "contest": name,
        "days": len(scores),
        "agents": scores.shape[1],
        "cells": [_cell(cell) for cell in grid.cells],
        "best": None if grid.best is None else {"m": grid.best.m, "n": grid.best.n},
    }


def _cell(cell: Cell) -> JsonObject:
    return {"m": cell.m, "n": cell.n, **_values(cell.ic, ""), **_values(cell.long, "long_")}


def _values(found: RankIC, before: str) -> JsonObject:
    return {
        f"{before}dates": found.n_dates,
        f"{before}mean": number(found.mean),
        f"{before}icir": number(found.icir),
        f"{before}t": number(found.t),
        f"{before}reason": found.reason,
    }


def _table(one: JsonObject) -> Table:
    cells = {(cell["m"], cell["n"]): cell for cell in one["cells"]}
    ms, ns = sorted({m for m, _ in cells}), sorted({n for _, n in cells})
    best = one["best"] and (one["best"]["m"], one["best"]["n"])
    table = Table(
        title=f"{one['contest']} contest: RankIC (t) of the mean of m days for the next n",
        title_justify="left",
    )
    table.add_column("m", justify="right")
    for n in ns:
        table.add_column(f"n = {n}", justify="right", no_wrap=True)
    for m in ms:
        table.add_row(f"{m}", *(_shown(cells[m, n], "", mark=(m, n) == best) for n in ns))
    table.add_row("60", *(_shown(cells[ms[0], n], "long_") for n in ns), style="dim")
    reasons = {cell["reason"] for cell in one["cells"]}
    if reasons != {"ok"}:
        table.caption = "; ".join(sorted(reasons - {"ok"})[:2])
    return table


def _shown(cell: JsonObject, before: str, *, mark: bool = False) -> str:
    star = "* " if mark else ""
    return (
        f"{star}{show_number(cell[before + 'mean'], 'ratio3')} ({show_number(cell[before + 't'], 'ratio')})"
    )
