"""What models answered in a run, and whether the record alone gave the same run again."""

from __future__ import annotations

from pathlib import Path

from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.folder import SUMMARY, read_summary
from quantrl.typing import JsonObject

RULES = "rules"


def answers(tables: Tables, replayed: Path) -> JsonObject | None:
    """Counts of replies by fate; None where rules alone were asked.

    Parameters
    ----------
    tables : Tables
    replayed : Path
        Folder that ``quantrl contest replay`` made.
    """
    lines = [line for line in tables.calls if line["kind"] != RULES]
    if not lines:
        return None
    again = read_summary(replayed) if (replayed / SUMMARY).is_file() else None
    return {
        "models": sorted({line["model_reported"] or line["model"] for line in lines}),
        "replies": len(lines),
        "fitting": sum(line["problem"] is None for line in lines),
        "asked_again": sum(line["reask"] > 0 for line in lines),
        "cut_short": sum(line["finish"] == "length" for line in lines),
        "input_tokens": sum(line["input_tokens"] for line in lines),
        "output_tokens": sum(line["output_tokens"] for line in lines),
        "digest": tables.summary.digest,
        "replayed": None if again is None else str(again["digest"]),
    }
