"""The run folder of a backtest: the same files as a contest's, one book per account and no leaderboard."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl import __version__, metrics
from quantrl.cli.backtest.accounts import Account
from quantrl.cli.console import finite
from quantrl.runs import MANIFEST, canonical_json, code_version, sha256_json, write_json
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.data import Panel

_SHOWN = (
    "total",
    "cagr",
    "vol",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "turnover",
    "cost_bps_year",
    "exposure",
)


def write(folder: Path, header: dict[str, Any], panel: Panel, accounts: Sequence[Account]) -> None:
    """Fill a run folder made aside by `runs.new_run`; the page is written by the caller.

    Parameters
    ----------
    folder : Path
        Empty folder.
    header : dict
        ``id name status command seed trials``, ``config`` (every setting) and ``toml``, its text.
    panel : Panel
        The data of the run.
    accounts : sequence of Account
        At least one.
    """
    (folder / "config.toml").write_text(header["toml"], encoding="utf-8")
    _equity(panel, accounts).write_parquet(folder / "equity.parquet")
    _stacked(accounts, "fills").write_parquet(folder / "fills.parquet")
    _decisions(panel, accounts).write_parquet(folder / "decisions.parquet")
    measures = {account.label: _measures(account) for account in accounts}
    write_json(folder / "metrics.json", finite(measures))
    audit = "".join(canonical_json(finite(_audit_line(account))) + "\n" for account in accounts)
    (folder / "audit.jsonl").write_text(audit, encoding="utf-8")
    write_json(folder / "report.json", finite(report(header, panel, accounts)))
    log = [f"{account.label}: {account.result!r}" for account in accounts]
    (folder / "log.txt").write_text(
        "\n".join([header["command"], *log, header["status"]]) + "\n", encoding="utf-8"
    )


def write_manifest(folder: Path, header: dict[str, Any], panel: Panel) -> None:
    """The last file: what the folder holds, with a sha256 for each."""
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}
    kept = {key: header[key] for key in ("id", "name", "status", "command", "seed")}
    write_json(
        folder / MANIFEST,
        {
            "schema": 1,
            "kind": "backtest",
            **kept,
            "config_sha": sha256_json(header["config"]),
            "data_id": panel.id,
            "code_version": code_version(),
            "files": files,
            "quantrl": __version__,
        },
    )


def report(header: dict[str, Any], panel: Panel, accounts: Sequence[Account]) -> dict[str, Any]:
    """Contents of ``report.json``."""
    result = accounts[0].result
    audits = [account.audit for account in accounts]
    return {
        "schema": 1,
        "kind": "backtest",
        "name": header["name"],
        "run": header["id"],
        "command": header["command"],
        "status": header["status"],
        "data": {
            "id": panel.id,
            "source": panel.source,
            "start": iso_date(int(panel.time[0])),
            "end": iso_date(int(panel.time[-1])),
            "bars": panel.n_bars,
            "instruments": list(panel.instruments),
            "periods_per_year": result.config["periods_per_year"],
            "flags": list(result.flags),
        },
        "settings": {**result.settings.to_config(), "seed": header["seed"], "selection": {}},
        "versions": {
            "quantrl": __version__,
            "code": code_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "python": platform.python_version(),
        },
        "trials": header["trials"],
        "books": _books(accounts, result.config["periods_per_year"], header["seed"]),
        "leaderboard": [],
        "delay": [],
        "audit": {
            "decisions": sum(int(np.isfinite(account.result.scale).sum()) for account in accounts),
            "breaches": sum(audit.breaches for audit in audits),
            "max_residual": max(audit.worst for audit in audits),
            "last_sha": None,
        },
        "claims": [_lookahead_text(account) for account in accounts],
        "warnings": []
        if header["status"] == "done"
        else ["The run was interrupted; later agents are missing."],
        "disagreements": [],
    }


def _books(accounts: Sequence[Account], periods_per_year: float, seed: int) -> list[dict[str, Any]]:
    returns = np.ascontiguousarray(np.column_stack([account.result.returns for account in accounts]))
    bounds = metrics.intervals(returns, periods_per_year=periods_per_year, seed=seed)
    books = []
    for index, account in enumerate(accounts):
        measures = _measures(account)
        for name, (low, high) in bounds.items():
            if name in measures:
                measures[name] |= {"low": float(low[index]), "high": float(high[index])}
        name = account.label
        books.append(
            {"name": name, "label": name, "role": "agent", "measures": measures, "sharpe_minus_contest": None}
        )
    return books


def _measures(account: Account) -> dict[str, dict[str, Any]]:
    found = account.result.measures
    shown = {name: found[name] for name in _SHOWN if name in found}
    return {
        name: {"value": measure.value, "reason": measure.reason, "low": None, "high": None}
        for name, measure in shown.items()
    }


def _equity(panel: Panel, accounts: Sequence[Account]) -> pl.DataFrame:
    columns = {f"book:{account.label}": account.result.equity for account in accounts}
    return pl.DataFrame({"time": panel.time, **columns})


def _stacked(accounts: Sequence[Account], what: str) -> pl.DataFrame:
    frames = [getattr(account.result, what).with_columns(agent=pl.lit(account.label)) for account in accounts]
    stacked: pl.DataFrame = pl.concat(frames)
    return stacked


def _decisions(panel: Panel, accounts: Sequence[Account]) -> pl.DataFrame:
    """One row per agent and decision; an empty cell keeps the units held."""
    frames = []
    for account in accounts:
        weights = account.result.schedule.dense(panel.n_bars)
        rows = np.flatnonzero(~np.isnan(weights).all(axis=1))
        columns = {f"w:{name}": weights[rows, n] for n, name in enumerate(panel.instruments)}
        frame = pl.DataFrame({"decided": panel.time[rows], **columns})
        frames.append(frame.select(pl.lit(account.label).alias("agent"), pl.all()).fill_nan(None))
    stacked: pl.DataFrame = pl.concat(frames)
    return stacked


def _audit_line(account: Account) -> dict[str, Any]:
    return {
        "agent": account.label,
        "digest": account.result.digest(),
        "breaches": account.audit.breaches,
        "max_residual": account.audit.worst,
        "lookahead": _lookahead_text(account),
    }


def _lookahead_text(account: Account) -> str:
    if account.lookahead is None:
        return f"{account.label}: look-ahead not tested"
    return f"{account.label}: no look-ahead found"
