"""How often a gate of the contest repeats, and where what it counted is kept."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[3]
FULL = os.environ.get("QUANTRL_GATES") == "1"
_FOLDER = ROOT / "docs" / "results" / "contest_gates"
_TABLE = ROOT / "docs" / "results" / "contest_gates.md"
_TITLE = """# Gates of the contest

`make gates ONLY=contest`. Each row is the last full run of one gate; the folder `contest_gates` holds the counts behind it.

| gate | counts | seeds | machine |
|---|---|---|---|
"""


def full_or(full: int, small: int) -> int:
    """The first under ``QUANTRL_GATES=1``, else the second."""
    return full if FULL else small


def keep(gate: str, title: str, counts: Mapping[str, object], seeds: str = "0") -> None:
    """Write what a full run counted, and the table of all gates; a short run writes nothing.

    Parameters
    ----------
    gate : str
        Name of its file.
    title : str
        As the table calls it.
    counts : mapping
        Shown in order.
    seeds : str
    """
    if not FULL:
        return
    _FOLDER.mkdir(parents=True, exist_ok=True)
    row = {"title": title, "counts": dict(counts), "seeds": seeds, "machine": _machine()}
    (_FOLDER / f"{gate}.json").write_text(json.dumps(row, indent=1) + "\n")
    rows = [json.loads(path.read_text()) for path in sorted(_FOLDER.glob("*.json"))]
    _TABLE.write_text(_TITLE + "".join(map(_line, rows)))


def _line(row: dict[str, object]) -> str:
    counts = row["counts"]
    assert isinstance(counts, dict)
    shown = ", ".join(f"{name} {value}" for name, value in counts.items())
    return f"| {row['title']} | {shown} | {row['seeds']} | {row['machine']} |\n"


def _machine() -> str:
    cores = len(os.sched_getaffinity(0))
    versions = f"CPython {platform.python_version()}, NumPy {np.__version__}"
    return f"{cores} cores, {platform.system()} {platform.machine()}, {versions}"
