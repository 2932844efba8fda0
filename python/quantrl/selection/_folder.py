"""Contents of a contest's run folder."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from quantrl import __version__
from quantrl.runs import MANIFEST, code_version, sha256_json, write_json
from quantrl.selection import _leaderboard
from quantrl.selection._book import COST, FILL_EQUITY
from quantrl.selection.rival import CONTEST, DELAYED, book_label
from quantrl.typing import JsonObject
from quantrl.units import BP, iso_date

if TYPE_CHECKING:
    from quantrl.backtest import AuditReport
    from quantrl.selection._result import ContestResult

_EQUAL = "equal_weight"


def report(
    result: ContestResult,
    *,
    run: str,
    command: str,
    trials: Mapping[str, int],
    books_audit: AuditReport,
    last_sha: str,
) -> JsonObject:
    """Contents of ``report.json``."""
    panel, settings = result.panel, result.settings
    return {
        "schema": 1,
        "kind": "contest",
        "name": result.name,
        "run": run,
        "command": command,
        "status": result.status,
        "data": {
            "id": panel.id,
            "source": panel.source,
            "start": iso_date(int(panel.time[0])),
            "end": iso_date(int(panel.time[-1])),
            "bars": panel.n_bars,
            "instruments": list(panel.instruments),
            "periods_per_year": panel.periods_per_year,
            "flags": [*result.wide.flags, *_own_flags(result)],
        },
        "settings": {
            **settings.to_config(),
            "seed": result.seed,
            "selection": {**result.header["pipeline"], "max_gross": result.header["max_gross"]},
        },
        "versions": {
            "quantrl": __version__,
            "code": code_version(),
            "numpy": np.__version__,
            "polars": pl.__version__,
            "python": platform.python_version(),
        },
        "trials": {"this_run": int(trials["this_run"]), "on_data": int(trials["on_data"])},
        "books": [_book(result, name) for name in result.book_names],
        "leaderboard": _leaderboard.rows(result, trials=max(trials.values())),
        "delay": _delay(result),
        "audit": {
            "decisions": result.n_bars,
            "breaches": books_audit.breaches,
            "max_residual": books_audit.worst,
            "last_sha": last_sha,
        },
        "claims": _claims(result),
        "warnings": _warnings(result),
        "disagreements": [],
    }


def metrics_json(result: ContestResult) -> JsonObject:
    """Measures of every account, what netting saved, and the cost at which the contest's gain is gone."""
    return {"accounts": result.accounts.measures, "netting": netting(result), "bootstrap": _bootstrap(result)}


def netting(result: ContestResult) -> JsonObject:
    """What the funded agents would pay in accounts of their own against the netted book, basis points of equity a year.

    Capital that moves between agents is traded in both; an order of one against another's in the former alone.
    """
    book = result.books[result.timeline.delay :, 0]
    annual = result.accounts.periods_per_year
    paid = float((book[:, COST] / book[:, FILL_EQUITY]).sum() / result.n_bars * annual / BP)
    apart, netted = result.traded.sum(axis=0).tolist()
    own = paid * apart / netted if netted > 0 else paid
    return {
        "own_cost_bps_year": own,
        "netted_cost_bps_year": paid,
        "saving_bps_year": own - paid,
        "break_even_bps": _break_even(result),
    }


def seal(result: ContestResult, folder: Path, *, run: str, command: str) -> None:
    """Write the manifest: the last file, with a sha256 of each of the others."""
    files = {
        file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file.name != MANIFEST
    }
    write_json(
        folder / MANIFEST,
        {
            "schema": 1,
            "id": run,
            "kind": "contest",
            "name": result.name,
            "status": result.status,
            "config_sha": sha256_json(result.header),
            "data_id": result.panel.id,
            "code_version": code_version(),
            "seed": result.seed,
            "command": command,
            "files": files,
            "quantrl": __version__,
        },
    )


def log(result: ContestResult, command: str) -> str:
    """What happened, one line each."""
    lines = [command, f"{result.n_bars} decisions, status {result.status}"]
    lines += [f"{iso_date(int(result.time[t]))} {label}: {message}" for t, label, message in result.errors]
    lines += _warnings(result)
    return "\n".join(line for line in lines if line) + "\n"


def _own_flags(result: ContestResult) -> list[str]:
    flags = [("same_bar", result.settings.delay == 0), ("zero_cost", result.settings.costs.is_zero)]
    return [name for name, applies in flags if applies]


def _book(result: ContestResult, name: str) -> JsonObject:
    label, role = book_label(name)
    column = f"book:{name}"
    gap = None if name == CONTEST else result.accounts.sharpe_gap(column, f"book:{CONTEST}")
    measures = result.accounts.measures[column]
    return {"name": name, "label": label, "role": role, "measures": measures, "sharpe_minus_contest": gap}


def _delay(result: ContestResult) -> list[JsonObject]:
    if DELAYED not in result.book_names:
        return []
    return [
        {"delay": delay, "sharpe": result.accounts.value(f"book:{name}", "sharpe")}
        for delay, name in enumerate((CONTEST, DELAYED))
    ]


def _claims(result: ContestResult) -> list[str]:
    said = _leaderboard.claim(result, f"book:{CONTEST}")
    if said is None:
        return []
    said = said.split(" (single")[0]
    excluded = [name for name in result.accounts.names if name.startswith("agent:") and _apart(result, name)]
    agents = len(result.entrants)
    return [
        f"Contest: {said}.",
        f"{len(excluded)} of {agents} agents have an interval against equal weight that excludes 0; "
        f"these are single comparisons, not corrected for {agents} agents.",
    ]


def _apart(result: ContestResult, name: str) -> bool:
    gap = result.accounts.sharpe_gap(name, f"book:{_EQUAL}")
    return gap["low"] is not None and not gap["low"] <= 0 <= gap["high"]


def _warnings(result: ContestResult) -> list[str]:
    found = [f"{text} ({count} decisions)" if count > 1 else text for text, count in result.warnings.items()]
    failed: dict[str, list[tuple[int, str]]] = {}
    for t, label, message in result.errors:
        failed.setdefault(label, []).append((t, message))
    for label, cases in failed.items():
        t, message = cases[0]
        found.append(
            f"{label}: {len(cases)} decisions failed, first on {iso_date(int(result.time[t]))}: {message}"
        )
    if result.status != "done":
        found.append(f"The run was interrupted after {result.n_bars} decisions.")
    return found


def _break_even(result: ContestResult) -> float | None:
    """Further basis points per unit of turnover at which the contest earns no more than equal weight."""
    if _EQUAL not in result.book_names:
        return None
    returns = result.accounts.returns
    gain = float((returns[:, 0] - returns[:, result.book_names.index(_EQUAL)]).mean())
    turnover = result.accounts.value(f"book:{CONTEST}", "turnover") or 0.0
    return gain * result.accounts.periods_per_year / turnover / BP if turnover > 0 else None


def _bootstrap(result: ContestResult) -> dict[str, Any]:
    from quantrl.selection._accounts import BLOCK, DRAWS, LEVEL

    return {"draws": DRAWS, "block": BLOCK, "level": LEVEL, "seed": result.seed}
