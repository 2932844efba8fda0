"""How often a test repeats, few times in every run and in full under ``QUANTRL_GATES=1``, and what full runs counted."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

FULL = os.environ.get("QUANTRL_GATES") == "1"
_RESULTS = Path(__file__).parents[1] / "docs" / "results"


def full_or(full: int, small: int) -> int:
    """The first in a full run, else the second."""
    return full if FULL else small


def full_or_tenth(count: int) -> int:
    """All of them in a full run, else a tenth."""
    return full_or(count, max(count // 10, 1))


@dataclass(frozen=True)
class Kept:
    """A results page with one row a gate, and the folder of the same name with the counts behind it.

    Parameters
    ----------
    name : str
        Of page and folder under docs/results.
    title : str
    only : str
        ``make gates ONLY=`` this.
    library : str
        What the counts depend on besides Python, with its version.
    """

    name: str
    title: str
    only: str
    library: str

    def keep(self, gate: str, title: str, counts: Mapping[str, object], seeds: str = "0") -> None:
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
        folder = _RESULTS / self.name
        folder.mkdir(parents=True, exist_ok=True)
        row = {"title": title, "counts": dict(counts), "seeds": seeds, "machine": self._machine()}
        (folder / f"{gate}.json").write_text(json.dumps(row, indent=1) + "\n")
        rows = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
        page = folder.with_suffix(".md")
        page.write_text(self._head() + "".join(map(_line, rows)))

    def _head(self) -> str:
        command, rows = f"`make gates ONLY={self.only}`.", "Each row is the last full run of one gate;"
        text = f"{command} {rows} the folder `{self.name}` holds the counts behind it."
        return f"# {self.title}\n\n{text}\n\n| gate | counts | seeds | machine |\n|---|---|---|---|\n"

    def _machine(self) -> str:
        cores = len(os.sched_getaffinity(0))
        versions = f"CPython {platform.python_version()}, {self.library}"
        return f"{cores} cores, {platform.system()} {platform.machine()}, {versions}"


def _line(row: dict[str, object]) -> str:
    counts = row["counts"]
    assert isinstance(counts, dict)
    shown = ", ".join(f"{name} {value}" for name, value in counts.items())
    return f"| {row['title']} | {shown} | {row['seeds']} | {row['machine']} |\n"
