"""What a contest has done, step by step, on disk: it ends with the same bytes wherever it was killed.

A step's files are written aside, synced and renamed; then one synced line says so. A line chains to the one before by
`in_sha`, so that no step can be exchanged, left out or altered without notice.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from quantrl.errors import ConfigError, ContestError, DataError, RunError
from quantrl.runs import canonical_json, make_folder, sync_folder
from quantrl.typing import JsonObject

STEPS = (
    "OPEN",
    "DOCS",
    "FACTORS",
    "RATED",
    "DATA_SCORED",
    "CONTEXT",
    "SIGNALS",
    "JUDGED",
    "RESEARCH_SCORED",
    "ALLOCATED",
    "DECIDED",
    "CLOSED",
)
JOURNAL, IDENTITY = "journal.jsonl", "identity.json"
FORMAT = "quantrl.contest.journal.1"
_FIELDS = {"seq", "day", "step", "in_sha", "out_sha", "files"}
Moment = Literal["written", "logged"]
Hook = Callable[[int, str, Moment], None]


@dataclass(frozen=True)
class Line:
    """One step done.

    Attributes
    ----------
    seq : int
        From 0.
    day : str
        ``<t>-<ISO date>``, the name of its folder.
    step : str
    in_sha : str
        Head of the chain before it.
    out_sha : str
        sha256 of its payload.
    files : mapping of path to sha256
        Of the whole file, relative to the run folder: the payload, and on a second line what it spent.
    """

    seq: int
    day: str
    step: str
    in_sha: str
    out_sha: str
    files: Mapping[str, str]

    @property
    def head(self) -> str:
        """Head of the chain after it; what was spent and how long it took are no part of it."""
        return _sha(canonical_json([self.seq, self.day, self.step, self.in_sha, self.out_sha]).encode())


class Journal:
    """The steps of one run folder.

    Parameters
    ----------
    folder : Path
        Made if there is none.
    identity : mapping of str to str
        Digests of config, prompts, data, documents and code; other ones are refused.
    hook : callable, optional
        Called with (seq, step, ``written`` or ``logged``) after each write.

    Raises
    ------
    ConfigError
        The folder belongs to a contest of another identity; the message names what differs.
    DataError
        A line or a file that is not as it was written.
    RunError
        The folder cannot be read or written.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str], *, hook: Hook | None = None) -> None:
        self.folder, self._hook = Path(folder), hook
        try:
            make_folder(self.folder)
            self._claim(identity)
            self.lines = _read(self.folder)
            self._file = (self.folder / JOURNAL).open("ab")
            sync_folder(self.folder)
        except OSError as error:
            raise RunError(f"{folder}: {error.strerror or error}") from None

    @staticmethod
    def read(folder: Path) -> list[Line]:
        """Every whole line of a run folder, checked; nothing is changed.

        Raises
        ------
        DataError, RunError
        """
        try:
            return _parse((Path(folder) / JOURNAL).read_bytes(), Path(folder))
        except OSError as error:
            raise RunError(f"{folder}: no journal of a contest: {error.strerror}") from None

    @property
    def head(self) -> str:
        """Digest of everything done."""
        return self.lines[-1].head if self.lines else start()

    def append(self, day: str, step: str, payload: Any, spent: Any = None) -> Any:
        """Do a step: write what came of it, then the line. Returns the payload as it will be read again.

        Raises
        ------
        ContestError
            Not the step that comes next.
        RunError
            The disk refuses.
        """
        self._check_next(day, step)
        name = f"days/{day}/{step}.json"
        made = (canonical_json(payload) + "\n").encode()
        text = made if spent is None else made + (canonical_json(spent) + "\n").encode()
        try:
            write_synced(self.folder / name, text)
            line = Line(len(self.lines), day, step, self.head, _sha(made), {name: _sha(text)})
            self._call(line, "written")
            self._file.write((canonical_json(vars(line)) + "\n").encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise RunError(f"{self.folder}: cannot be written: {error.strerror}") from None
        self.lines.append(line)
        self._call(line, "logged")
        return json.loads(made)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _call(self, line: Line, moment: Moment) -> None:
        if self._hook is not None:
            self._hook(line.seq, line.step, moment)

    def _check_next(self, day: str, step: str) -> None:
        expected = STEPS[len(self.lines) % len(STEPS)]
        last = self.lines[-1].day if len(self.lines) % len(STEPS) else day
        if (step, day) != (expected, last):
            raise ContestError(f"journal: expected {expected} of {last}, got {step} of {day}")

    def _claim(self, identity: Mapping[str, str]) -> None:
        path = self.folder / IDENTITY
        wanted = {"format": FORMAT, **identity}
        if not path.exists():
            if (self.folder / JOURNAL).exists():
                raise DataError(f"{path}: is missing beside a journal")
            write_synced(path, (canonical_json(wanted) + "\n").encode())
            return
        found = _json(path.read_bytes(), path)
        other = sorted(key for key in {*wanted, *found} if found.get(key) != wanted.get(key))
        if other:
            raise ConfigError(
                f"{self.folder}: was begun with another {', '.join(other)}: expected {found.get(other[0])}, got "
                f"{wanted.get(other[0])}; give another folder, or fork it to start anew"
            )


def start() -> str:
    """Head of an empty chain."""
    return _sha(FORMAT.encode())


def out_sha(made: Any) -> str:
    """The `out_sha` of a payload."""
    return _sha((canonical_json(made) + "\n").encode())


def payload(folder: Path, line: Line) -> Any:
    """What came of a step.

    Raises
    ------
    DataError
        The file is gone or was altered.
    """
    return _checked(folder, line)[0]


def spent(folder: Path, line: Line) -> Any:
    """What a step spent, the second line of its file; None where it asked nobody."""
    found = _checked(folder, line)
    return found[1] if len(found) > 1 else None


def days(folder: Path, lines: list[Line]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and payloads by step of every day that was closed."""
    for first in range(0, len(lines) - len(lines) % len(STEPS), len(STEPS)):
        whole = lines[first : first + len(STEPS)]
        yield whole[0].day, {line.step: payload(folder, line) for line in whole}


def write_synced(path: Path, data: bytes) -> None:
    """Written aside, synced, renamed, and the name synced as well."""
    make_folder(path.parent)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    aside.rename(path)
    sync_folder(path.parent)


def _read(folder: Path) -> list[Line]:
    """Lines of a folder to go on in: a torn last one is cut off."""
    path = folder / JOURNAL
    raw = path.read_bytes() if path.exists() else b""
    whole = raw[: raw.rfind(b"\n") + 1]
    if len(whole) < len(raw):
        with path.open("r+b") as file:
            file.truncate(len(whole))
            os.fsync(file.fileno())
    lines = _parse(whole, folder)
    for line in lines:
        _checked(folder, line)
    return lines


def _parse(raw: bytes, folder: Path) -> list[Line]:
    lines: list[Line] = []
    head = start()
    whole = raw[: raw.rfind(b"\n") + 1]
    for seq, text in enumerate(whole.splitlines()):
        where = folder / JOURNAL
        value = _json(text, where)
        if not isinstance(value, dict) or set(value) != _FIELDS or canonical_json(value).encode() != text:
            raise DataError(f"{where}: line {seq + 1} is damaged: expected {sorted(_FIELDS)}")
        line = Line(**value)
        place = STEPS[seq % len(STEPS)]
        if (line.seq, line.step, line.in_sha) != (seq, place, head):
            raise DataError(
                f"{where}: line {seq + 1} was altered: expected seq {seq}, {place} after {head}, got "
                f"{line.seq}, {line.step} after {line.in_sha}"
            )
        if set(line.files) != {f"days/{line.day}/{line.step}.json"}:
            raise DataError(f"{where}: line {seq + 1} was altered: it names other files than its own")
        lines.append(line)
        head = line.head
    return lines


def _checked(folder: Path, line: Line) -> list[Any]:
    """Payload and, where there is one, spending of a step."""
    ((name, sha),) = line.files.items()
    path = folder / name
    try:
        raw = path.read_bytes()
    except OSError:
        raise DataError(f"{path}: is gone; line {line.seq + 1} of the journal needs it") from None
    made = raw[: raw.find(b"\n") + 1]
    for expected, found in ((sha, _sha(raw)), (line.out_sha, _sha(made))):
        if expected != found:
            raise DataError(f"{path}: was altered: expected sha256 {expected}, got {found}")
    return [_json(one, path) for one in raw.splitlines()]


def _json(raw: bytes, path: Path) -> JsonObject:
    try:
        value: JsonObject = json.loads(raw)
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}") from None
    return value


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
