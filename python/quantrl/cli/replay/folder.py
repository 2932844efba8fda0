"""The run folder of a replay."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from quantrl import __version__, toml
from quantrl.backtest import TickResult
from quantrl.cli.replay.job import Job
from quantrl.cli.replay.picture import depth_picture, touch_frame
from quantrl.runs import MANIFEST, code_version, finite, sha256_json, write_json
from quantrl.units import iso_time

_maker_lots = pl.col("qty").filter(pl.col("maker")).sum()


def write(folder: Path, job: Job, results: Sequence[TickResult], instr: int) -> dict[str, Any]:
    """Fill a folder made aside by `runs.new_run`; the contents of ``report.json``.

    The first result is what was asked for, the others are shown beside it.
    """
    first = results[0]
    (folder / "config.toml").write_text(toml.dump(job.config.to_dict()), encoding="utf-8")
    first.fills.write_parquet(folder / "fills.parquet")
    first.orders.write_parquet(folder / "orders.parquet")
    first.equity.write_parquet(folder / "equity.parquet")
    for other in results[1:]:
        other.fills.write_parquet(folder / f"fills_{other.queue}.parquet")
        other.equity.write_parquet(folder / f"equity_{other.queue}.parquet")
    touch_frame(job.file, instr).write_parquet(folder / "touch.parquet")
    depth_picture(job.file, instr).write_parquet(folder / "depth.parquet")
    rows = [measures(result, instr) for result in results]
    write_json(folder / "metrics.json", finite({"results": rows}))
    report = _report(job, rows, instr)
    write_json(folder / "report.json", finite(report))
    return report


def measures(result: TickResult, instr: int) -> dict[str, Any]:
    """Numbers of one run."""
    log, fills = result.orders, result.fills
    mine = fills.filter(pl.col("instr") == instr)
    position = (
        mine.select(
            pl.when(pl.col("side") == "buy")
            .then(pl.col("qty"))
            .otherwise(-pl.col("qty"))
            .cum_sum()
            .abs()
            .max()
        ).item()
        if mine.height
        else 0
    )
    worth = result.equity.filter(pl.col("instr") == instr)["equity"].drop_nulls().to_numpy()
    fall = float((np.maximum.accumulate(worth) - worth).max()) if worth.size else None
    sent = log.filter(pl.col("what").is_in(["new", "amend", "cancel"]))
    return {
        **result.summary(instr),
        "maker_share": float(mine.select(_maker_lots / pl.col("qty").sum()).item()) if mine.height else None,
        "requests": sent.height,
        "orders": sent.filter(pl.col("what") == "new").height,
        "refused": log.filter(pl.col("what").is_in(["rejected", "request_rejected"])).height,
        "most_position": position,
        "max_drawdown": fall,
        "hash": f"{result.hash():016x}",
    }


def write_manifest(folder: Path, job: Job) -> None:
    """The last file: what the folder holds, with a sha256 for each."""
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}
    write_json(
        folder / MANIFEST,
        {
            "schema": 1,
            "kind": "replay",
            "id": job.id,
            "name": job.name,
            "status": "done",
            "command": job.command,
            "seed": job.config.seed,
            "config_sha": sha256_json(job.settings),
            "data_id": job.file.info.sha256,
            "code_version": code_version(),
            "files": files,
            "quantrl": __version__,
        },
    )


def _report(job: Job, rows: list[dict[str, Any]], instr: int) -> dict[str, Any]:
    info, row = job.file.info, job.file.instruments[instr]
    return {
        "schema": 1,
        "kind": "replay",
        "name": job.name,
        "run": job.id,
        "command": job.command,
        "status": "done",
        "policy": job.policy,
        "params": job.effective,
        "config": job.config.to_dict(),
        "file": {
            "name": job.file.path.name,
            "sha256": info.sha256,
            "level": info.level,
            "events": info.events,
            "start": iso_time(info.first_ts_ns),
            "end": iso_time(info.last_ts_ns),
            "instrument": row.symbol,
            "instr": instr,
            "tick_size": str(row.tick_size),
            "lot_size": str(row.lot_size),
            "step": row.step,
            "unit": float(row.tick_size),
        },
        "results": rows,
        "versions": {
            "quantrl": __version__,
            "code": code_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "python": platform.python_version(),
        },
    }
