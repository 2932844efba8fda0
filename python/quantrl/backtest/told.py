"""The contents of a backtest's ``report.json``: books with their intervals, the account, and how far to trust them."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from quantrl import __version__, metrics
from quantrl.backtest.particulars import particulars
from quantrl.backtest.rivals import LABELS, RandomBand
from quantrl.report.derived import derived_numbers
from quantrl.runs import code_version
from quantrl.typing import JsonObject
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.backtest.result import Result
    from quantrl.backtest.tearsheet import Account, Header
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
            account.label: None if account.lookahead is None else account.lookahead.runs
            for account in accounts
        },
        "claims": [],
        "warnings": [] if header.status == "done" else ["The run was interrupted; later agents are missing."],
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
        measures = measures_of(result)
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


def measures_of(result: Result) -> dict[str, JsonObject]:
    """Measures of the headline, without intervals."""
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
