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
from quantrl.agents._training import log
from quantrl.agents._training.files import write_whole
from quantrl.agents._training.loop import RESULT
from quantrl.agents._training.slot import Slot
from quantrl.errors import RunError
from quantrl.runs import MANIFEST, Run, canonical_json

if TYPE_CHECKING:
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


def begin(folder: Path, sections: dict[str, Any], header: dict[str, Any]) -> None:
    """Write config and manifest; sections that are empty and settings that are unset are left out of the config."""
    text = toml.dump({key: value for key, value in sections.items() if value})
    write_whole(folder / "config.toml", text.encode())
    _write(folder / MANIFEST, header)


def end(
    folder: Path,
    header: dict[str, Any],
    status: str,
    results: Sequence[tuple[Slot, dict[str, Any]]],
    columns: log.Columns,
) -> None:
    """Write ``log.csv``, every run's progress in one table, and the final manifest."""
    rows = [
        {"fold": slot.fold, "seed": slot.seed, **row}
        for slot, _ in results
        for row in log.read_rows(slot.folder / "progress.csv")
    ]
    with (folder / "log.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["fold", "seed", "steps", *columns], extrasaction="ignore")
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


def _short(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found.get(key) for key in ("status", "steps", "best", "policy_sha", "market_id")}


def settings(dump: dict[str, Any]) -> dict[str, Any]:
    """The settings that are set, for a config."""
    return {key: value for key, value in dump.items() if value is not None and value != {}}


def _write(path: Path, value: dict[str, Any]) -> None:
    canonical_json(value)  # refuses what JSON cannot hold before the file is touched
    text = json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n"
    write_whole(path, text.encode())
