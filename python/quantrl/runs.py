"""Run folders, made aside and then renamed, and the ledger of every trial ever started."""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from quantrl.errors import RunError

MANIFEST = "manifest.json"


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def canonical_json(value: Any) -> str:
    """Sorted keys, no blanks, shortest floats; NaN and infinity are refused, so write None for undefined."""
    return _CANONICAL.encode(value)


def spelled(value: Any) -> Any:
    """The same, with infinite numbers as text: settings that ask nothing, for which JSON has no number."""
    if isinstance(value, dict):
        return {key: spelled(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [spelled(one) for one in value]
    return str(value) if isinstance(value, float) and math.isinf(value) else value


def finite(value: Any) -> Any:
    """The same nested value with plain keys, lists for tuples and None for NaN and infinity."""
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value) if isinstance(value, Path) else value


def sha256_json(value: Any) -> str:
    """sha256 over `canonical_json`."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


@cache
def code_version() -> str:
    """Package version plus eight hex digits over every source file and the compiled core of this installation."""
    from quantrl import __version__

    root = Path(__file__).parent
    digest = hashlib.sha256()
    for file in sorted([*root.rglob("*.py"), *root.glob("_core*.so"), *root.glob("_core*.pyd")]):
        digest.update(file.relative_to(root).as_posix().encode())
        digest.update(file.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:8]}"


def run_id(name: str, config: Any, data_id: str) -> str:
    """Name plus eight hex digits over config, data and code."""
    return f"{name}-{sha256_json([config, data_id, code_version()])[:8]}"


@dataclass(frozen=True)
class Run:
    """A finished run folder."""

    path: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """Contents of ``manifest.json``."""
        manifest: dict[str, Any] = self.json(MANIFEST)
        return manifest

    def json(self, name: str) -> Any:
        """Read one JSON file of the folder."""
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{self.path / name}: cannot be read: {error}") from None


def open_run(path: str | Path, *, root: str | Path = "runs") -> Run:
    """A run by folder, or by id below `root`.

    Raises
    ------
    RunError
        Neither is a run folder.
    """
    for candidate in (Path(path), Path(root) / path):
        if (candidate / MANIFEST).is_file():
            return Run(candidate)
    raise RunError(f"{path}: no run folder (expected a folder with {MANIFEST}, or an id below {root}/)")


@contextmanager
def new_run(target: str | Path) -> Iterator[Path]:
    """Yield a folder made aside; it becomes `target` only if the body ends without an error.

    A folder already at `target` is replaced in one rename if it is a run folder, and refused otherwise.

    Raises
    ------
    RunError
        `target` exists and is not a run folder, or cannot be written.
    """
    target = Path(target)
    if target.exists() and not (target / MANIFEST).is_file():
        raise RunError(f"{target}: exists and is not a run folder; it will not be overwritten")
    aside = target.parent / f".{target.name}.{os.getpid()}.partial"
    old = target.parent / f".{target.name}.{os.getpid()}.old"
    try:
        aside.mkdir(parents=True, exist_ok=False)
    except OSError as error:
        raise RunError(f"{target.parent}: cannot be written: {error.strerror}") from None
    try:
        yield aside
        sync_tree(aside)
        if target.exists():
            target.rename(old)
        aside.rename(target)
        sync_folder(target.parent)
    finally:
        if old.exists() and not target.exists():
            old.rename(target)
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def sync_tree(folder: Path) -> None:
    """Wait until every file below a folder, and its name, is on the disk."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_dir():
            sync_folder(path)
        elif path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk: what was made or renamed in it outlasts a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each with its name on the disk."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync_folder(folder.parent)


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON with sorted keys."""
    path.write_text(json.dumps(value, sort_keys=True, indent=1, allow_nan=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Trial:
    """One configuration tried on one window of one data set, or `count` of them in one sweep: what a deflated Sharpe
    ratio counts."""

    family: str
    data_id: str
    window: str
    config_sha: str
    seed: int
    fold: int = 0
    status: str = "done"
    sharpe: float | None = None
    count: int = 1

    @property
    def key(self) -> tuple[str, str, str, str, int, int]:
        """What makes two lines the same trial: repeating a run is not a new one."""
        return (self.family, self.data_id, self.window, self.config_sha, self.seed, self.fold)


_TEXTS, _WHOLE = ("family", "data_id", "window", "config_sha", "status"), ("seed", "fold", "count")


def _trial(line: bytes) -> Trial:
    trial = Trial(**json.loads(line))
    for name in _TEXTS:
        if not isinstance(getattr(trial, name), str):
            raise ValueError(f"{name}: expected text, got {getattr(trial, name)!r}")
    for name in _WHOLE:
        value, least = getattr(trial, name), int(name == "count")
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(f"{name}: expected a whole number of at least {least}, got {value!r}")
    if not isinstance(trial.sharpe, float | int | None):
        raise ValueError(f"sharpe: expected a number or null, got {trial.sharpe!r}")
    return trial


class TrialLedger:
    """``runs/trials.jsonl``: append-only, one line per trial start or end, shared by every run below one root."""

    def __init__(self, root: str | Path = "runs") -> None:
        self.path = Path(root) / "trials.jsonl"

    def append(self, trials: list[Trial]) -> None:
        """Add lines under a file lock, in one write; after one that was torn they begin a line of their own."""
        text = "".join(canonical_json(asdict(trial)) + "\n" for trial in trials)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(max(0, file.seek(0, os.SEEK_END) - 1))
            torn = file.read() not in (b"", b"\n")
            file.write(b"\n" * torn + text.encode())

    def read(self) -> list[Trial]:
        """Every line, oldest first.

        Raises
        ------
        RunError
            A damaged line; the message gives its number.
        """
        lines = self.path.read_bytes().split(b"\n") if self.path.exists() else [b""]
        trials = []
        for number, line in enumerate(lines if lines[-1] else lines[:-1], 1):
            try:
                trials.append(_trial(line))
            except (RecursionError, ValueError, TypeError) as error:
                raise RunError(f"{self.path}: line {number} is damaged: {error}") from None
        return trials

    def sharpes(self, *, data_id: str) -> dict[tuple[str, str, str, str, int, int], float]:
        """Newest Sharpe ratio, annualised, of every distinct trial on a data set that has one."""
        found = {t.key: t.sharpe for t in self.read() if t.data_id == data_id}
        return {key: sharpe for key, sharpe in found.items() if sharpe is not None}

    def count(self, *, data_id: str, family: str | None = None) -> int:
        """Distinct trials on a data set, of one family or of all; a sweep counts for every member."""
        found = {t.key: t.count for t in self.read() if t.data_id == data_id and family in (None, t.family)}
        return sum(found.values())
