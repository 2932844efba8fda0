"""A sweep that has begun: its folder with the finished shards, what is said when it stops early, and how it goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from quantrl.backtest import Executor, Sharding
from quantrl.backtest._families import SIGNALS
from quantrl.cli import job, progress
from quantrl.cli.console import Output
from quantrl.cli.job import Job
from quantrl.errors import ConfigError
from quantrl.report.sweep.folder import SWEEP
from quantrl.runs import MANIFEST, code_version, make_folder, open_run, write_json

SHARDS = "shards"


@dataclass(frozen=True)
class Spread:
    """Where the members of a sweep are run: as on the command line."""

    executor: str = "serial"
    jobs: int | None = None
    shard: int = 0


@contextmanager
def sharded(target: Path, work: Job, count: int, spread: Spread, output: Output) -> Iterator[Sharding | None]:
    """What a sweep of `count` members into `target` is cut by, None where one task does; of several those done stay.

    Raises
    ------
    ConfigError
        No such executor, or the extra it needs is missing.
    """
    executor = Executor(backend=spread.executor, jobs=spread.jobs)
    sharding = Sharding(executor, spread.shard)
    schedules = work.config.sweep is not None and work.config.sweep.family not in SIGNALS
    with progress.counter("shards", quiet=output.as_json) as tell:
        sharding = replace(sharding, progress=lambda done, total: tell(done, total, ""))
        if count <= sharding.size(work.panel.n_bars, schedules=schedules):
            yield None if spread.executor == "serial" else sharding
            return
        new = not (target / MANIFEST).exists()
        if new:
            _begin(target, work)
        try:
            yield replace(sharding, executor=replace(executor, shards=target / SHARDS))
        except BaseException:
            if new and not _kept(target):
                shutil.rmtree(target)
            raise


def interrupted(target: Path, total: int) -> dict[str, Any] | None:
    """What is kept of a sweep that was stopped, or None where nothing is."""
    kept = _kept(target)
    if not kept:
        return None
    manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
    if manifest["status"] != "done":
        write_json(target / MANIFEST, {**manifest, "status": "interrupted"})
    return {"status": "interrupted", "name": manifest["name"], "shards": kept, "members": total}


def resumed(run: str, root: Path) -> tuple[Job, Path]:
    """The job of a sweep that was begun, and its folder.

    Raises
    ------
    RunError
        There is no such folder, or it cannot be read.
    ConfigError
        It is of another command, or was begun with other data or code.
    """
    folder = open_run(run, root=root)
    manifest = folder.manifest
    if manifest.get("kind") != SWEEP:
        raise ConfigError(f"--resume: {folder.path} is a {manifest.get('kind')}, not a sweep")
    found = job.load(folder.path / "config.toml", "quantrl sweep")
    if found.id != manifest["id"]:
        raise ConfigError(
            f"--resume: {folder.path} was begun with other data or code (now {found.id}, then {manifest['id']}); "
            "run it afresh"
        )
    return replace(found, command=manifest["command"]), folder.path


def _kept(target: Path) -> int:
    return len(list((target / SHARDS).glob("*.json")))


def _begin(target: Path, work: Job) -> None:
    """A folder that tells what is being done, so that the sweep can go on whatever ends this process."""
    make_folder(target)
    (target / "config.toml").write_text(work.toml, encoding="utf-8")
    contents = {
        "schema": 1,
        "kind": SWEEP,
        "id": work.id,
        "name": work.config.name,
        "status": "running",
        "command": work.command,
        "seed": work.config.seed,
        "data_id": work.panel.id,
        "code_version": code_version(),
        "files": {},
    }
    write_json(target / MANIFEST, contents)
