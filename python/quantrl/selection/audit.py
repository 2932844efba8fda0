"""The audit trail of a contest: one line per decision, chained, and re-derivable from the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantrl.errors import AuditError, ConfigError, LedgerError, RunError
from quantrl.runs import MANIFEST, Run, code_version, sha256_json
from quantrl.selection._canonical import plain, prepare
from quantrl.selection._interrupts import held_back
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection._line import SCHEMA, derived
from quantrl.selection._step import PipelineStep
from quantrl.selection.ledger import Ledger
from quantrl.selection.pipeline import Pipeline
from quantrl.typing import JsonObject

FILE = "audit.jsonl"
NO_SHA = "0" * 64
_BATCH = 256


class AuditTrail:
    """Lines in memory, each holding the sha256 of the one before; written out in batches, which is several times as fast.

    Parameters
    ----------
    header : dict
        What the first line adds: agents, pipeline, account, seed. Its sha256 is in every line.
    """

    def __init__(self, header: JsonObject) -> None:
        self.header = header
        self._fixed = {
            "schema": SCHEMA,
            "seed": header["seed"],
            "config_sha": sha256_json(header),
            "code_version": code_version(),
        }
        self._lines: list[str] = []
        self._waiting: list[tuple[LedgerView, PipelineStep, Callable[[], JsonObject]]] = []
        self._last = NO_SHA

    @property
    def lines(self) -> list[str]:
        """Every line, oldest first."""
        self._flush()
        return self._lines

    @property
    def last_sha(self) -> str:
        """sha256 of the newest line."""
        self._flush()
        return self._last

    def add(self, view: LedgerView, step: PipelineStep, given: Callable[[], JsonObject]) -> None:
        """Append a decision; `given` says what the contest itself knows: now, effective, netting, failures."""
        self._waiting.append((view, step, given))
        if len(self._waiting) >= _BATCH:
            self._flush()

    def write(self, file: Path, n: int | None = None) -> str:
        """Write the first `n` lines; returns the sha256 of the last one."""
        lines = self.lines if n is None else self.lines[:n]
        file.write_bytes("".join(f"{line}\n" for line in lines).encode())
        return hashlib.sha256(lines[-1].encode()).hexdigest() if lines else NO_SHA

    def _flush(self) -> None:
        if self._waiting:
            with held_back() as interrupt:
                self._encode()
            interrupt.check()

    def _encode(self) -> None:
        waiting, first = self._waiting, len(self._lines)
        lines = [
            {**self._fixed, **given(), **derived(view, step), "seq": first + i}
            for i, (view, step, given) in enumerate(waiting)
        ]
        if not first:
            lines[0]["header"] = self.header
        for prepared in prepare(lines):
            text = prepared.text(prev_sha=self._last)
            self._last = hashlib.sha256(text.encode()).hexdigest()
            self._lines.append(text)
        self._waiting = []


@dataclass(frozen=True)
class AuditCheck:
    """What `check` found.

    Attributes
    ----------
    lines : int
        Lines checked.
    line : int or None
        First line, counted from 1, that does not hold.
    field : str
        What in it: ``scores.mean``, ``prev_sha``; empty without a difference.
    detail : str
        Expected and got.
    """

    lines: int
    line: int | None = None
    field: str = ""
    detail: str = ""

    @property
    def ok(self) -> bool:
        """Every line follows from the ledger, and the chain is whole."""
        return self.line is None

    def raise_if_broken(self) -> None:
        """Raise `AuditError` with the first difference."""
        if not self.ok:
            raise AuditError(f"{FILE} line {self.line}, {self.field}: {self.detail}")


class _DifferenceError(Exception):
    def __init__(self, field: str, detail: str) -> None:
        super().__init__(field, detail)
        self.field, self.detail = field, detail


def check(folder: str | Path, pipeline: Pipeline | None = None) -> AuditCheck:
    """Derive every line of a run again from its ledger, and verify the chain of hashes.

    Parameters
    ----------
    folder : str or Path
        A contest's run folder.
    pipeline : Pipeline, optional
        A fresh one, needed only where the run used steps that no folder of the package holds.

    Returns
    -------
    AuditCheck
        No difference, or the first field and line.

    Raises
    ------
    RunError
        The folder has no audit file or ledger.
    """
    root = Path(folder)
    try:
        raw = (root / FILE).read_bytes()
    except OSError as error:
        raise RunError(f"{root / FILE}: cannot be read: {error.strerror}") from None
    lines = raw.split(b"\n")
    if lines.pop() != b"":
        return AuditCheck(len(lines), len(lines) + 1, "end", "the last line is cut off")
    previous, number = NO_SHA, 0
    try:
        replay = None
        for number, text in enumerate(lines, 1):
            line = _parsed(text)
            replay = replay or _Replay(root, line, pipeline)
            replay.compare(line, number - 1, previous)
            previous = hashlib.sha256(text).hexdigest()
        number += 1
        _compare_ends(root, previous, raw)
    except _DifferenceError as found:
        return AuditCheck(len(lines), min(number, max(len(lines), 1)), found.field, found.detail)
    return AuditCheck(len(lines))


class _Replay:
    """The pipeline of a run, walked through its ledger again."""

    def __init__(self, root: Path, first: JsonObject, pipeline: Pipeline | None) -> None:
        header = first.get("header")
        if not isinstance(header, dict):
            raise _DifferenceError("header", "the first line has none")
        self.sha = sha256_json(header)
        try:
            self.pipeline = pipeline or Pipeline.from_settings(header["pipeline"])
            self.ledger = Ledger.from_parquet(
                root / "ledger.parquet", agents=header["agents"], overlap=header["overlap"]
            )
        except (KeyError, TypeError, ConfigError) as error:
            raise _DifferenceError("header", str(error)) from None
        except LedgerError as error:
            raise _DifferenceError("ledger", str(error)) from None
        if self.pipeline.settings() != header["pipeline"]:
            raise _DifferenceError("header.pipeline", "the pipeline given has other settings")

    def compare(self, line: JsonObject, seq: int, previous: str) -> None:
        if line.get("prev_sha") != previous:
            raise _DifferenceError("prev_sha", f"expected {previous}, got {line.get('prev_sha')!r}")
        for name, fixed in (("seq", seq), ("config_sha", self.sha), ("schema", SCHEMA)):
            if line.get(name) != fixed:
                raise _DifferenceError(name, f"expected {fixed!r}, got {line.get(name)!r}")
        try:
            view = self.ledger.as_of(line["now"])
            step = self.pipeline.step(view, line["now"], faulty=line["faulty"])
        except (KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
            raise _DifferenceError("now", f"cannot be decided again: {error}") from None
        expected = plain(derived(view, step))
        if any(line.get(name) != value for name, value in expected.items()):
            raise _first_difference(expected, line)


def _first_difference(expected: JsonObject, got: Any, path: str = "") -> _DifferenceError:
    """The first in the order in which one value follows from the other."""
    for name, value in expected.items():
        found = got.get(name) if isinstance(got, dict) else None
        if found != value:
            where = f"{path}.{name}" if path else name
            if isinstance(value, dict):
                return _first_difference(value, found, where)
            return _DifferenceError(where, f"expected {_short(value)}, got {_short(found)}")
    return _DifferenceError(path, "differs")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else text[:200] + "..."


def _parsed(text: bytes) -> JsonObject:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _DifferenceError("text", f"not JSON: {error}") from None
    if not isinstance(line, dict):
        raise _DifferenceError("text", "not a JSON object")
    return line


def _compare_ends(root: Path, last: str, raw: bytes) -> None:
    """The newest line has no successor: report and manifest hold its hash, and the manifest that of every file."""
    for name, pick, expected in (
        ("report.json", ("audit", "last_sha"), last),
        ("manifest.json", ("files", FILE), hashlib.sha256(raw).hexdigest()),
    ):
        try:
            found: Any = json.loads((root / name).read_text(encoding="utf-8"))
            for key in pick:
                found = found[key]
        except FileNotFoundError:
            continue
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _DifferenceError(name, f"cannot be read: {error}") from None
        if found != expected:
            raise _DifferenceError("sha256", f"{name} says {found!r}, the file gives {expected}")
    _compare_files(root)


def _compare_files(root: Path) -> None:
    if not (root / MANIFEST).is_file():
        return
    for name, expected in Run(root).manifest["files"].items():
        file = root / name
        found = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else "no such file"
        if found != expected:
            raise _DifferenceError(name, f"{MANIFEST} says sha256 {expected}, the file gives {found}")
