"""The run folder of a sweep."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl import __version__
from quantrl.errors import ConfigError, DataError
from quantrl.report.sweep.folder import SWEEP
from quantrl.runs import MANIFEST, code_version, finite, sha256_json, write_json
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.cli.sweep.run import SweepJob

TOP = 20
MOST_CELLS = 100_000


def write(
    folder: Path, made: SweepJob, grid: dict[str, list[int | float]], trials: dict[str, int]
) -> dict[str, Any]:
    """Fill a folder made aside by `runs.new_run`; the contents of ``report.json``."""
    (folder / "config.toml").write_text(made.job.toml, encoding="utf-8")
    made.found.frame().write_parquet(folder / "sweep.parquet")
    if made.best is not None:
        best = made.best.result
        curve = pl.DataFrame({"time": best.bars.time, "book:best": best.equity})
        curve.write_parquet(folder / "equity.parquet")
    report: dict[str, Any] = finite(_report(made, grid, trials))
    write_json(folder / "report.json", report)
    return report


def write_manifest(folder: Path, made: SweepJob) -> None:
    """The last file: what the folder holds, with a sha256 for each."""
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}
    contents = {
        "schema": 1,
        "kind": SWEEP,
        "id": made.job.id,
        "name": made.job.config.name,
        "status": "done",
        "command": made.job.command,
        "seed": made.job.config.seed,
        "config_sha": sha256_json(made.asked.model_dump()),
        "data_id": made.job.panel.id,
        "code_version": code_version(),
        "files": files,
        "quantrl": __version__,
    }
    write_json(folder / MANIFEST, contents)


def _report(made: SweepJob, grid: dict[str, list[int | float]], trials: dict[str, int]) -> dict[str, Any]:
    job, asked, found = made.job, made.asked, made.found
    time = found.bars.time
    return {
        "schema": 1,
        "kind": SWEEP,
        "name": job.config.name,
        "run": job.id,
        "command": job.command,
        "status": "done",
        "family": found.family,
        "instruments": list(found.bars.instruments),
        "grid": {name: _words(grid[name], asked.params[name]) for name in found.members.columns},
        "members": len(found),
        "left_out": found.left_out,
        "start": iso_date(int(time[0])),
        "end": iso_date(int(time[-1])),
        "bars": len(time),
        "measure": asked.measure,
        "min_trades": asked.min_trades,
        "fill": found.settings.fill,
        "costs": found.settings.costs.to_config(),
        "initial_cash": found.settings.initial_cash,
        "periods_per_year": found.bars.periods_per_year,
        "flags": list(found.bars.flags) + (["same_bar"] if found.settings.delay == 0 else []),
        "seed": job.config.seed,
        "trials": trials,
        "sd_sharpe": found.sd_sharpe,
        "best": _best(made),
        "top": found.top(TOP, measure=asked.measure, min_trades=asked.min_trades).to_dicts(),
        "heatmap": _heatmap(made),
        "pbo": _pbo(made),
        "versions": {
            "quantrl": __version__,
            "code": code_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "python": platform.python_version(),
        },
    }


def _words(values: list[int | float], given: str | list[int | float]) -> str:
    return given if isinstance(given, str) else ",".join(f"{value:g}" for value in values)


def _best(made: SweepJob) -> dict[str, Any] | None:
    best = made.best
    if best is None:
        return None
    return {
        "row": best.row,
        "params": best.params,
        "value": best.value,
        "trades": best.trades,
        "trials": best.trials,
        "deflated_sharpe": best.deflated_sharpe.value,
        "deflated_reason": best.deflated_sharpe.reason,
        "audit_worst": best.result.audit().worst,
    }


def _heatmap(made: SweepJob) -> dict[str, Any] | None:
    """Over the first two parameters that vary; None without two, or with too many cells for a page."""
    columns = made.found.members.columns
    varied = [name for name, column in columns.items() if len(np.unique(column)) > 1][:2]
    if len(varied) < 2:
        return None
    x, y = varied
    across, down, cells = made.found.heatmap(x, y, made.asked.measure)
    if cells.size > MOST_CELLS:
        return None
    shown = [[float(f"{cell:.6g}") for cell in row] for row in cells.tolist()]
    return {"x": x, "y": y, "xs": across.tolist(), "ys": down.tolist(), "cells": shown}


def _pbo(made: SweepJob) -> dict[str, Any]:
    least = made.asked.min_trades
    members = int((made.found.measures["trades"] >= least).sum())
    empty: dict[str, Any] = {
        "probability": None,
        "halves": 0,
        "left_out": 0,
        "members": members,
        "reason": None,
    }
    try:
        found = made.found.pbo(min_trades=least)
    except (ConfigError, DataError) as error:
        return {**empty, "reason": str(error)}
    if not found.logits.size:
        return {
            **empty,
            "left_out": found.left_out,
            "reason": "in every half some member never holds anything",
        }
    return {
        **empty,
        "probability": found.probability,
        "halves": len(found.logits),
        "left_out": found.left_out,
    }
