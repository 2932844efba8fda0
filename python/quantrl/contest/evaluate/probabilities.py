"""Whether the probabilities stated with signals come true, and whether a logistic curve would mend them."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import polars as pl

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.calibration import brier, brier_skill, log_score, reliability
from quantrl.contest.evaluate.cutoff import cutoff_of
from quantrl.contest.evaluate.platt import HELD_OUT, MIN_ROWS, fit_platt, usable_platt
from quantrl.contest.evaluate.tables import Tables
from quantrl.errors import DataError
from quantrl.typing import FloatArray, JsonObject


def probabilities(tables: Tables) -> JsonObject:
    """Scores of all matured buys and sells that were accepted, by span and by agent, with the reliability of ten bins."""
    rows = tables.signals.filter(
        pl.col("accepted") & (pl.col("action") != "hold") & pl.col("realised").is_not_nan()
    )
    rows = rows.filter(pl.col("day").is_in(list(tables.decided))).sort("day", "agent", "symbol")
    cutoff = cutoff_of(tables)
    spans = [
        {"span": label, **_scores(tables, rows.filter(pl.Series(inside(rows["day"].to_numpy()))))}
        for label, inside in cutoff.parts(tables)
    ]
    agents = rows["agent"].unique(maintain_order=True).sort().to_list()
    p, y = _pairs(rows)
    bins = {name: _plain(values) for name, values in asdict(reliability(p, y)).items()}
    return {
        "rows": rows.height,
        "cutoff": cutoff.words,
        "spans": spans,
        "by_agent": [{"agent": a, **_scores(tables, rows.filter(pl.col("agent") == a))} for a in agents],
        "reliability": bins,
        "platt": _platt(p, y),
    }


def _pairs(rows: pl.DataFrame) -> tuple[FloatArray, FloatArray]:
    return rows["probability"].to_numpy() / 100.0, (rows["realised"].to_numpy() > 0).astype(np.float64)


def _scores(tables: Tables, rows: pl.DataFrame) -> JsonObject:
    p, y = _pairs(rows)
    decided = np.array([tables.decided[day] for day in rows["day"].to_list()], dtype=np.int64)
    return {
        "rows": len(p),
        "stated": number(float(p.mean())) if len(p) else None,
        "came_true": number(float(y.mean())) if len(p) else None,
        "brier": number(brier(p, y)),
        "skill": number(brier_skill(p, y, decided, rows["matured"].to_numpy())),
        "log_score": number(log_score(p, y)),
    }


def _platt(p: FloatArray, y: FloatArray) -> JsonObject:
    """Fitted on all but the newest hundred rows, judged on those."""
    need = MIN_ROWS + HELD_OUT
    if len(p) < need:
        return {"used": False, "reason": f"{len(p)} matured rows, {need} needed"}
    try:
        curve = fit_platt(p[:-HELD_OUT], y[:-HELD_OUT])
    except DataError as error:
        return {"used": False, "reason": str(error)}
    used = usable_platt(p, y) is not None
    return {
        "used": used,
        "reason": "ok" if used else f"it does not lower the Brier score of the newest {HELD_OUT} rows",
        "intercept": number(curve.intercept),
        "slope": number(curve.slope),
        "brier_stated": number(brier(p[-HELD_OUT:], y[-HELD_OUT:])),
        "brier_mended": number(brier(curve.apply(p[-HELD_OUT:]), y[-HELD_OUT:])),
    }


def _plain(values: FloatArray) -> list[float | int | None]:
    return [int(v) if values.dtype.kind == "i" else number(float(v)) for v in values]
