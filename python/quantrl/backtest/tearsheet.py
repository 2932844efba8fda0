"""The run folder of a backtest: what accounts did, their baselines, and everything its page shows, in files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantrl import __version__
from quantrl.backtest.rivals import RandomBand, random_band, run_baselines
from quantrl.backtest.told import measures_of, report
from quantrl.errors import DataError
from quantrl.report import write_report
from quantrl.runs import (
    MANIFEST,
    Trial,
    TrialLedger,
    canonical_json,
    code_version,
    finite,
    new_run,
    sha256_json,
    write_json,
)
from quantrl.typing import JsonObject
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.backtest._audit import AuditReport
    from quantrl.backtest.leaks import LookaheadReport
    from quantrl.backtest.result import Result
    from quantrl.data import Panel

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
    measures = {account.label: measures_of(account.result) for account in accounts}
    write_json(folder / "metrics.json", finite(measures))
    audit = "".join(canonical_json(finite(_audit_line(account))) + "\n" for account in accounts)
    (folder / "audit.jsonl").write_text(audit, encoding="utf-8")
    contents = report(header, panel, accounts, others, band)
    write_json(folder / "report.json", finite(contents))
    log = [f"{account.label}: {account.result!r}" for account in accounts]
    (folder / "log.txt").write_text("\n".join([header.command, *log, header.status]) + "\n", encoding="utf-8")


def write_run(
    result: Result, path: Path, *, name: str | None, lookahead: LookaheadReport | None, seed: int
) -> Path:
    """One account as a finished run folder: `Result.report`."""
    folder = path.parent if path.suffix == ".html" else path
    called = name or folder.resolve().name
    account = Account(called, result, result.audit(), lookahead)
    config = result.config | {"schedule": result.digest()}
    panel, drawn = panel_of([account]), find_spec("plotly") is not None
    ledger, trial = TrialLedger(folder.resolve().parent), _trial(result, panel, called, config, seed)
    others = {key: sharpe for key, sharpe in ledger.sharpes(data_id=panel.id).items() if key != trial.key}
    with new_run(folder) as aside:
        ledger.append([trial])
        header = Header(
            id=folder.resolve().name,
            name=called,
            command="Result.report, in Python",
            config=config,
            seed=seed,
            trials={"this_run": 1, "on_data": ledger.count(data_id=panel.id)},
            sharpes=tuple(others.values()),
        )
        write(aside, header, [account])
        if drawn:
            write_report(aside)
        write_manifest(aside, header, panel)
    return folder / "report.html" if drawn else folder


def _trial(result: Result, panel: Panel, family: str, config: JsonObject, seed: int) -> Trial:
    """Its line in the trial ledger; the same decisions on the same data are the same trial."""
    window = f"{iso_date(int(panel.time[0]))}..{iso_date(int(panel.time[-1]))}"
    sharpe = finite(result.measures["sharpe"].value)
    return Trial(family, panel.id, window, sha256_json(finite(config)), seed, sharpe=sharpe)


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


def _equity(
    panel: Panel, accounts: Sequence[Account], others: dict[str, Result], band: RandomBand | None
) -> pl.DataFrame:
    columns = {f"book:{account.label}": account.result.equity for account in accounts}
    columns |= {f"baseline:{name}": result.equity for name, result in others.items()}
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
