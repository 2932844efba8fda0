"""The run folder of a backtest: what accounts did, their baselines, and everything its page shows, in files."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl import __version__, metrics
from quantrl.backtest.particulars import particulars
from quantrl.backtest.rivals import LABELS, RandomBand, random_band, run_baselines
from quantrl.errors import DataError
from quantrl.report.derived import derived_numbers
from quantrl.runs import MANIFEST, canonical_json, code_version, finite, sha256_json, write_json
from quantrl.typing import JsonObject
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.backtest._audit import AuditReport
    from quantrl.backtest.leaks import LookaheadReport
    from quantrl.backtest.result import Result
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
_BAND = ("low", "middle", "high")


@dataclass(frozen=True)
class Account:
    """One book of a run: an agent's, or one given by its weights; `lookahead` is None where it was not tested."""

    label: str
    result: Result
    audit: AuditReport
    lookahead: LookaheadReport | None


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a run is called and how it is made again.

    Parameters
    ----------
    id, name, command : str
    config : dict
        Every setting.
    seed : int
        Of the run; random schedules are drawn with it too.
    status : str
    toml : str, optional
        The config as text.
    trials : dict
        ``this_run``, ``on_data``: configurations tried, None where not counted.
    sharpes : tuple of float
        Annualised Sharpe ratios of other trials on the same data.
    """

    id: str
    name: str
    command: str
    config: JsonObject
    seed: int = 0
    status: str = "done"
    toml: str | None = None
    trials: dict[str, int | None] = field(default_factory=lambda: {"this_run": None, "on_data": None})
    sharpes: tuple[float, ...] = ()


def write(folder: Path, header: Header, accounts: Sequence[Account]) -> None:
    """Fill a run folder made aside by `runs.new_run`; the page is written by the caller.

    Parameters
    ----------
    folder : Path
        Empty folder.
    header : Header
    accounts : sequence of Account
        At least one, on one panel; the page is about the first.

    Raises
    ------
    DataError
        The accounts were run on bare arrays, which have no dates.
    """
    panel = panel_of(accounts)
    first = accounts[0].result
    others = {
        name: made for name, made in run_baselines(first).items() if name not in {a.label for a in accounts}
    }
    band = random_band(first, seed=header.seed)
    equity, fills = _equity(panel, accounts, others, band), _stacked(accounts, "fills")
    if header.toml is not None:
        (folder / "config.toml").write_text(header.toml, encoding="utf-8")
    equity.write_parquet(folder / "equity.parquet")
    first.frame().write_parquet(folder / "account.parquet")
    fills.write_parquet(folder / "fills.parquet")
    _decisions(panel, accounts).write_parquet(folder / "decisions.parquet")
    measures = {account.label: _measures(account.result) for account in accounts}
    write_json(folder / "metrics.json", finite(measures))
    audit = "".join(canonical_json(finite(_audit_line(account))) + "\n" for account in accounts)
    (folder / "audit.jsonl").write_text(audit, encoding="utf-8")
    contents = report(header, panel, accounts, others, band)
    write_json(folder / "report.json", finite(contents))
    log = [f"{account.label}: {account.result!r}" for account in accounts]
    (folder / "log.txt").write_text(
        "\n".join([header.command, *log, header.status]) + "\n", encoding="utf-8"
    )


def panel_of(accounts: Sequence[Account]) -> Panel:
    """The panel all accounts were run on."""
    panel = accounts[0].result.bars.panel
    if panel is None:
        raise DataError("report: needs a Panel, whose dates make months and years; these are bare arrays")
    return panel


def write_manifest(folder: Path, header: Header, panel: Panel) -> None:
    """The last file: what the folder holds, with a sha256 for each."""
    files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}
    kept = {key: getattr(header, key) for key in ("id", "name", "status", "command", "seed")}
    write_json(
        folder / MANIFEST,
        {
            "schema": 1,
            "kind": "backtest",
            **kept,
            "config_sha": sha256_json(header.config),
            "data_id": panel.id,
            "code_version": code_version(),
            "files": files,
            "quantrl": __version__,
        },
    )


def report(
    header: Header,
    panel: Panel,
    accounts: Sequence[Account],
    others: dict[str, Result],
    band: RandomBand | None,
) -> JsonObject:
    """Contents of ``report.json``; undefined numbers are NaN."""
    result = accounts[0].result
    audits = [account.audit for account in accounts]
    return {
        "schema": 1,
        "kind": "backtest",
        "name": header.name,
        "run": header.id,
        "command": header.command,
        "status": header.status,
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
        "settings": {**result.settings.to_config(), "seed": header.seed, "selection": {}},
        "versions": {
            "quantrl": __version__,
            "code": code_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "python": platform.python_version(),
        },
        "trials": header.trials,
        "books": _books(accounts, others, header.seed),
        "random": _random(band),
        "account": particulars(
            accounts[0].label,
            result,
            trials=header.trials["on_data"],
            sharpes=[*header.sharpes, *(account.result.measures["sharpe"].value for account in accounts)],
        ),
        "derived": derived_numbers(panel.time, result.equity, result.fills),
        "leaderboard": [],
        "delay": [],
        "audit": {
            "decisions": sum(int(np.isfinite(account.result.scale).sum()) for account in accounts),
            "breaches": sum(audit.breaches for audit in audits),
            "max_residual": max(audit.worst for audit in audits),
            "last_sha": None,
        },
        "lookahead": {
            account.label: None if account.lookahead is None else account.lookahead.runs for account in accounts
        },
        "claims": [],
        "warnings": []
        if header.status == "done"
        else ["The run was interrupted; later agents are missing."],
        "disagreements": [],
    }


def _books(accounts: Sequence[Account], others: dict[str, Result], seed: int) -> list[JsonObject]:
    results = {account.label: account.result for account in accounts} | others
    first = accounts[0].result
    annual = first.bars.periods_per_year
    returns = np.ascontiguousarray(np.column_stack([result.returns for result in results.values()]))
    bounds = metrics.intervals(returns, periods_per_year=annual, seed=seed)
    books = []
    for index, (name, result) in enumerate(results.items()):
        measures = _measures(result)
        for measure, (low, high) in bounds.items():
            if measure in measures:
                measures[measure] |= {"low": float(low[index]), "high": float(high[index])}
        role = "agent" if name not in others else "market" if name == "buy_and_hold" else "baseline"
        gap = None if index == 0 else _gap(result, first, seed)
        label = LABELS.get(name, name) if name in others else name
        books.append(
            {"name": name, "label": label, "role": role, "measures": measures, "sharpe_minus_contest": gap}
        )
    return books


def _gap(result: Result, first: Result, seed: int) -> JsonObject | None:
    """Sharpe ratio of a book less that of the first, over the same bars drawn together."""
    found = metrics.sharpe_difference(
        result.returns, first.returns, periods_per_year=first.bars.periods_per_year, seed=seed
    )
    if found.reason != "ok":
        return None
    return {"value": found.value, "low": found.low, "high": found.high}


def _measures(result: Result) -> dict[str, JsonObject]:
    found = result.measures
    return {
        name: {"value": found[name].value, "reason": found[name].reason, "low": None, "high": None}
        for name in _SHOWN
    }


def _random(band: RandomBand | None) -> JsonObject | None:
    if band is None:
        return None
    return {
        "count": band.count,
        "seed": band.seed,
        "beaten": band.beaten,
        "p_value": band.p_value,
        "measures": {
            name: {"value": middle, "low": low, "high": high}
            for name, (low, middle, high) in band.measures.items()
        },
    }


def _equity(
    panel: Panel, accounts: Sequence[Account], others: dict[str, Result], band: RandomBand | None
) -> pl.DataFrame:
    columns = {f"book:{account.label}": account.result.equity for account in accounts}
    columns |= {f"book:{name}": result.equity for name, result in others.items()}
    if band is not None:
        columns |= {f"random:{name}": curve for name, curve in zip(_BAND, band.curves, strict=True)}
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


def _audit_line(account: Account) -> JsonObject:
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
