"""The run folder of a training: written from the start, so that an interrupted run is there to go on with."""

from __future__ import annotations

import csv
import fcntl
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl import toml
from quantrl.agents.sharpe_portfolio._files import write_whole
from quantrl.agents.sharpe_portfolio.training import checkpoint, log
from quantrl.agents.sharpe_portfolio.training.train import RESULT
from quantrl.envs import action_bounds
from quantrl.errors import RunError
from quantrl.runs import MANIFEST, Run, canonical_json, code_version, sha256_json
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.training.lesson import Slot
    from quantrl.agents.sharpe_portfolio.training.plan import Plan
    from quantrl.runs import TrialLedger

_LOCK = ".lock"


def manifest(folder: Path) -> dict[str, Any]:
    """Contents of ``manifest.json`` of a training run.

    Raises
    ------
    RunError
        None, damaged, or of another kind of run.
    """
    found = Run(folder).manifest
    if not isinstance(found, dict) or found.get("kind") != "train":
        kind = found.get("kind") if isinstance(found, dict) else type(found).__name__
        raise RunError(f"{folder / MANIFEST}: kind: expected 'train', got {kind!r}")
    return found


def finished(folder: Path, run: str) -> bool:
    """Whether the folder holds this very run, trained to the end.

    Raises
    ------
    RunError
        The folder is something else.
    """
    if not folder.exists():
        return False
    if not (folder / MANIFEST).is_file():
        raise RunError(f"{folder}: exists and is not a run folder; it will not be overwritten")
    known = manifest(folder)
    if known.get("id") != run:
        raise RunError(f"{folder}: holds the run {known.get('id')}, not {run}; name another folder")
    return bool(known.get("status") == "done")


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Hold the folder against a second process.

    Raises
    ------
    RunError
        Another process trains into it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / _LOCK).open("w", encoding="utf-8")
    except OSError as error:
        raise RunError(f"{folder}: cannot be written: {error.strerror}") from None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RunError(f"{folder}: another process trains into it") from None
        yield


def begin(folder: Path, plan: Plan, run: str, command: str) -> dict[str, Any]:
    """Write config and manifest with status ``running``; returns the manifest."""
    sections: dict[str, Any] = {
        "name": plan.name,
        "data": plan.data,
        "env": _settings(plan.env.model_dump(mode="json")),
        "train": _settings(plan.train.model_dump(mode="json")),
    }
    text = toml.dump({key: value for key, value in sections.items() if value})
    write_whole(folder / "config.toml", text.encode())
    header = _header(plan, run, command)
    _write(folder / MANIFEST, header)
    return header


def end(
    folder: Path, header: dict[str, Any], status: str, results: Sequence[tuple[Slot, dict[str, Any]]]
) -> None:
    """Write ``log.csv``, every run's progress in one table, and the final manifest."""
    rows = [
        {"fold": slot.fold, "seed": slot.seed, **row}
        for slot, _ in results
        for row in log.read_rows(slot.folder / "progress.csv")
    ]
    with (folder / "log.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["fold", "seed", "steps", *log.COLUMNS], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    runs = [{"fold": slot.fold, "seed": slot.seed, **_short(found)} for slot, found in results]
    _write(folder / MANIFEST, {**header, "status": status, "runs": runs})


def result(slot: Slot) -> dict[str, Any] | None:
    """What a run that ended has written; None for one that did not end."""
    path = slot.folder / RESULT
    if not path.is_file():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def trials(folder: Path, header: dict[str, Any], ledger: TrialLedger, this_run: int) -> dict[str, Any]:
    """The header with the trials of this run, and of all runs on the same data."""
    counts = {"this_run": this_run, "on_data": ledger.count(data_id=header["data"]["id"])}
    found = {**header, "trials": counts}
    _write(folder / MANIFEST, found)
    return found


def _header(plan: Plan, run: str, command: str) -> dict[str, Any]:
    market = plan.market
    env, train = plan.env.model_dump(mode="json"), plan.train.model_dump(mode="json")
    w_min, w_max, cash_max = action_bounds(plan.env, market)
    return {
        "schema": 1,
        "kind": "train",
        "agent": "sharpe_portfolio",
        "id": run,
        "name": plan.name,
        "command": command,
        "status": "running",
        "code_version": code_version(),
        "versions": checkpoint.versions(),
        "config_sha": sha256_json([env, plan.train.trial()]),
        "market_id": market.id,
        "data": {
            "id": plan.data_id,
            "window": plan.window,
            "source": plan.panel.source,
            "section": plan.data,
            "bars": plan.panel.n_bars,
            "instruments": list(plan.panel.instruments),
            "columns": list(market.columns),
            "periods_per_year": market.periods_per_year,
            "flags": list(plan.panel.flags),
        },
        "folds": [_fold(plan, fold) for fold in plan.folds],
        "env": env,
        "train": train,
        "seeds": plan.seeds,
        "action_bounds": {"w_min": w_min, "w_max": w_max, "cash_max": cash_max},
        "runs": [],
    }


def _fold(plan: Plan, fold: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"index": fold.index, "dates": {}}
    for name in ("train", "validation", "test"):
        start, stop = getattr(fold, name)
        found[name] = [start, stop]
        time = plan.panel.time
        found["dates"][name] = [iso_date(int(time[start])), iso_date(int(time[stop - 1]))]
    return found


def _short(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found.get(key) for key in ("status", "steps", "best", "policy_sha", "market_id")}


def _settings(dump: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in dump.items() if value is not None and value != {}}


def _write(path: Path, value: dict[str, Any]) -> None:
    canonical_json(value)  # refuses what JSON cannot hold before the file is touched
    text = json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n"
    write_whole(path, text.encode())
