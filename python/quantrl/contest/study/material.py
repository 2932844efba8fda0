"""What a run left behind that a page tells of: its report, its ablations, its probes, its replay."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from quantrl.contest.evaluate.reading import reading
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.study.answers import answers
from quantrl.errors import DataError
from quantrl.typing import JsonObject

MAX_BYTES = 64 << 20


@dataclass(frozen=True)
class Material:
    """One run.

    Attributes
    ----------
    report : dict
        ``report.json``.
    reading : dict
        As `quantrl.contest.evaluate.reading.reading` gives it.
    entrants : list of dict
        ``agent days of gross``: on how many days each held something, of how many, and how much on these.
    answers : dict or None
        Replies of models: how many, how many fitted their schema at once, and whether a replay came out equal.
    ablations : dict or None
        As ``quantrl contest ablate`` left it.
    probes : list of dict
        As ``quantrl contest probe`` left them.
    """

    report: JsonObject
    reading: JsonObject
    entrants: list[JsonObject]
    answers: JsonObject | None
    ablations: JsonObject | None
    probes: list[JsonObject]

    @property
    def name(self) -> str:
        """Of the run's config."""
        return str(self.report["name"])


def read(folder: Path) -> Material:
    """All of one run folder.

    Raises
    ------
    RunError, DataError
        A table or file is missing that every run has, or one cannot be read.
    """
    from quantrl.contest.report import build

    tables = Tables.read(folder)
    probes = _json(folder / "probe" / "probes.json")
    return Material(
        build(tables),
        reading(tables),
        _entrants(tables),
        answers(tables, folder / "replay"),
        _json(folder / "ablate" / "comparison.json"),
        probes["probes"] if probes else [],
    )


def _entrants(tables: Tables) -> list[JsonObject]:
    held = tables.weights
    days = tables.capital["day"].n_unique()
    found = []
    for agent in tables.agents:
        rows = held.filter((held["agent"] == agent) & (held["weight"].abs() > 0))
        active = rows["day"].n_unique()
        gross = float(rows["weight"].abs().sum()) / active if active else None
        found.append({"agent": agent, "days": active, "of": days, "gross": gross})
    return found


def _json(file: Path) -> JsonObject | None:
    if not file.is_file():
        return None
    try:
        if file.stat().st_size > MAX_BYTES:
            raise DataError(f"{file}: expected at most {MAX_BYTES} bytes")
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{file}: expected JSON, got {error}") from None
    if not isinstance(found, dict):
        raise DataError(f"{file}: expected an object, got {type(found).__name__}")
    return found
