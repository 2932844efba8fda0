"""The run folder of a backtest of a pair."""

from __future__ import annotations

import hashlib
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl import __version__, toml
from quantrl.agents.dqn_statarb.backtest.daily import write_daily
from quantrl.report.pairs.folder import PAIR
from quantrl.runs import MANIFEST, code_version, finite, sha256_json, write_json
from quantrl.units import iso_time

if TYPE_CHECKING:
    from quantrl.cli.backtest.pair import PairJob


def write(folder: Path, job: PairJob, trials: dict[str, int]) -> dict[str, Any]:
    """Fill a folder made aside by `runs.new_run`; the contents of ``report.json``."""
    result = job.result
    pair = {key: value for key, value in result.pair.model_dump(mode="json").items() if value is not None}
    config = {"name": job.name, "agent": "dqn_statarb", "pair": pair}
    (folder / "config.toml").write_text(toml.dump(config), encoding="utf-8")
    result.frame().write_parquet(folder / "decisions.parquet")
    result.fills.write_parquet(folder / "fills.parquet")
    equity = pl.DataFrame({"time": result.time, f"book:{job.name}": result.equity})
    equity.write_parquet(folder / "equity.parquet")
    write_daily(folder, result)
    write_json(folder / "metrics.json", finite(result.measures))
    report: dict[str, Any] = finite(_report(job, trials))
    write_json(folder / "report.json", report)
    return report


def write_manifest(folder: Path, job: PairJob) -> None:
    """The last file: what the folder holds, with a sha256 for each; `venue` is what a contest shows beside its returns."""
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}
    write_json(
        folder / MANIFEST,
        {
            "schema": 1,
            "kind": PAIR,
            "id": job.id,
            "name": job.name,
            "venue": job.result.pair.venue,
            "status": "done",
            "command": job.command,
            "seed": job.result.seed,
            "config_sha": sha256_json(job.settings),
            "data_id": job.result.pair.id,
            "digest": job.result.digest(),
            "code_version": code_version(),
            "files": files,
            "quantrl": __version__,
        },
    )


def _report(job: PairJob, trials: dict[str, int]) -> dict[str, Any]:
    result, spec = job.result, job.policy.spec
    return {
        "schema": 1,
        "kind": PAIR,
        "name": job.name,
        "run": job.id,
        "command": job.command,
        "status": "done",
        "venue": result.pair.venue,
        "policy": {
            "sha256": spec["sha256"],
            "algo": spec["algo"],
            "members": len(spec["members"]),
            "venue": job.policy.pair.venue,
        },
        "pair": result.pair.identity,
        "instruments": [{"symbol": leg.symbol, "lot": leg.lot} for leg in result.instruments],
        "start": iso_time(int(result.decided[0])),
        "end": iso_time(int(result.time[-1])),
        "decisions": len(result.equity),
        "fills": result.fills.height,
        "days": result.daily.height,
        "capital": result.capital,
        "equity": float(result.equity[-1]),
        "seed": result.seed,
        "measures": result.measures,
        "flags": list(result.flags),
        "trials": trials,
        "versions": {
            "quantrl": __version__,
            "code": code_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "python": platform.python_version(),
        },
    }
