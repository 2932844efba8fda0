"""The record of every answer: objects by the key of their request, one line a call, and what was cut."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from quantrl.contest.llm._files import Files, Folder, Packed, pack, whole_lines
from quantrl.contest.llm.entry import (
    VERSION,
    Entry,
    KnownCut,
    Question,
    Try,
    asked,
    first_difference,
    from_bytes,
    payload_of,
    request_key,
    to_bytes,
)
from quantrl.contest.llm.protocol import Completion, Kind, Place, Request
from quantrl.errors import DataError, ReplayMiss, RunError
from quantrl.runs import canonical_json
from quantrl.typing import JsonObject

Mode = Literal["off", "record", "replay"]
MODES: tuple[Mode, ...] = ("off", "record", "replay")
_CALLS, _CUTS, _ABOUT = "calls.jsonl", "cuts.jsonl", "record.json"
Asked = tuple[Place, int]


class Record:
    """Answers under one folder, ``objects/ab/<key>.json`` beside ``calls.jsonl`` and ``cuts.jsonl``.

    Parameters
    ----------
    path : str or Path
        A folder, made when first written to; or a file that `pack` wrote, which is only read.

    Raises
    ------
    DataError
        A packed file that is none, or a line that is damaged.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._files: Files = Packed(self.path) if self.path.is_file() else Folder(self.path)
        self._cuts: dict[Asked, KnownCut] = {
            (_place(line), line["reask"]): KnownCut(
                tuple(Try(**each) for each in line["tries"]), line["scope"], line["cap"]
            )
            for line in self._lines(_CUTS)
        }

    @property
    def about(self) -> JsonObject:
        """Version, day, provider and model of the first answer; empty before it."""
        raw = self._files.read(_ABOUT)
        about: JsonObject = json.loads(raw) if raw else {}
        return about

    def get(self, request: Request, question: Question | None = None) -> Entry | None:
        """What became of a request, or None where nothing was recorded.

        Raises
        ------
        DataError
            A byte of the object is not what was stored.
        """
        question = question or Question(request)
        raw = self._files.read(_object(question.key))
        return None if raw is None else from_bytes(raw, question)

    def put(self, request: Request, entry: Entry) -> None:
        """Keep what became of a request."""
        if self._files.read(_ABOUT) is None:
            today = datetime.datetime.now(datetime.UTC).date().isoformat()
            about = {"version": VERSION, "since": today, "provider": request.provider, "model": request.model}
            self._files.write(_ABOUT, canonical_json(about).encode() + b"\n")
        self._files.write(_object(request_key(request)), to_bytes(request, entry))

    def log(self, lines: Iterable[JsonObject]) -> None:
        """Add to ``calls.jsonl``."""
        text = "".join(canonical_json(line) + "\n" for line in lines)
        if text:
            self._files.append(_CALLS, text.encode())

    def calls(self) -> list[JsonObject]:
        """Every line of ``calls.jsonl``; where a run was resumed, the first line of each question counts."""
        first: dict[Asked, JsonObject] = {}
        for line in self._lines(_CALLS):
            first.setdefault((_place(line), line["reask"]), line)
        return list(first.values())

    def put_cut(self, place: Place, reask: int, cut: KnownCut) -> None:
        """Keep that a question was cut, which the caps alone could not tell again."""
        if (place, reask) not in self._cuts:
            self._cuts[(place, reask)] = cut
            line = dict(zip(("day", "agent", "task", "index", "sample"), place, strict=True)) | asdict(cut)
            self._files.append(_CUTS, (canonical_json(line | {"reask": reask}) + "\n").encode())

    def cut_of(self, place: Place, reask: int) -> KnownCut | None:
        """How a question was cut, or None where that was not recorded."""
        return self._cuts.get((place, reask))

    def miss(self, request: Request) -> ReplayMiss:
        """An error that says what is missing and where the request first differs from what was recorded there."""
        day, agent, task, index, _ = request.place
        return ReplayMiss(
            f"replay: no recorded answer for {task} by agent {agent!r} on day {day}, call {index}: "
            f"{self._difference(request)}"
        )

    def _difference(self, request: Request) -> str:
        lines = [line for line in self._lines(_CALLS) if _place(line) == request.place]
        if not lines:
            return "nothing was recorded there"
        keys = {line["key"] for line in lines}
        if request_key(request) in keys:
            return f"its object {_object(request_key(request))} is gone; the first of its messages is {_opening(request)}"
        recorded: list[JsonObject] = []
        for line in lines:
            raw = self._files.read(_object(line["key"]))
            if raw is not None:
                recorded.append(payload_of(raw, line["key"])["asked"])
        if not recorded:
            return "the objects recorded there are gone"
        alike = [each for each in recorded if len(each["messages"]) == len(asked(request)["messages"])]
        return first_difference((alike or recorded)[-1], request)

    def pack(self, target: str | Path) -> Path:
        """Write everything into one gzip, whose bytes depend on the content alone.

        Raises
        ------
        RunError
            Nothing was recorded, or the file cannot be written.
        """
        if self._files.read(_ABOUT) is None:
            raise RunError(f"{self.path}: no record to pack")
        pack(self._files, Path(target))
        return Path(target)

    def _lines(self, name: str) -> list[Any]:
        raw = whole_lines(self._files.read(name) or b"")
        try:
            return [json.loads(line) for line in raw.splitlines()]
        except ValueError as error:
            raise DataError(f"{self.path}/{name}: a damaged line: {error}") from None


class Replay:
    """Answers from a record alone; whatever is not in it is a miss.

    Parameters
    ----------
    record : Record
    """

    kind: Kind = "replay"

    def __init__(self, record: Record) -> None:
        self.record = record

    @property
    def name(self) -> str:
        """Model and date of the record."""
        about = self.record.about
        return f"{about.get('model', 'nothing')}, recorded {about.get('since', 'never')}"

    async def complete(self, req: Request) -> Completion:
        """The recorded reply.

        Raises
        ------
        ReplayMiss, DataError
        """
        entry = self.record.get(req)
        if entry is None or entry.completion is None:
            raise self.record.miss(req)
        return entry.completion


def _object(key: str) -> str:
    return f"objects/{key[:2]}/{key}.json"


def _place(line: JsonObject) -> Place:
    return (line["day"], line["agent"], line["task"], line["index"], line["sample"])


def _opening(request: Request) -> str:
    return repr(request.messages[0].content[:40]) if request.messages else "absent"
