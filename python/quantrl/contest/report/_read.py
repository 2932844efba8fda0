"""What a data agent wrote on a day and how it was rated, from the journal: the tables hold counts alone."""

from __future__ import annotations

from pathlib import Path

from quantrl.contest.journal import JOURNAL, Journal, payload
from quantrl.typing import JsonObject


def lines_of(folder: Path, agent: str, day: int) -> list[JsonObject]:
    """Lines of a factor with the documents they cite and their ratings by symbol; none where there is no journal.

    Parameters
    ----------
    folder : Path
    agent : str
    day : int
        Index t.

    Raises
    ------
    DataError
        The journal or a file of the day was altered.
    """
    if not (folder / JOURNAL).is_file():
        return []
    steps = {
        line.step: line
        for line in Journal.read(folder)
        if line.step in ("FACTORS", "RATED") and int(line.day.partition("-")[0]) == day
    }
    if len(steps) < 2:
        return []
    factors = payload(folder, steps["FACTORS"])["factors"]
    place = next((i for i, factor in enumerate(factors) if factor["agent"] == agent), None)
    if place is None:
        return []
    rated: dict[int, dict[str, int]] = {}
    for line, symbol, rating in payload(folder, steps["RATED"])["ratings"][place]:
        rated.setdefault(line, {})[symbol] = rating
    return [
        {"text": line["text"], "refs": line["refs"], "ratings": rated.get(i, {})}
        for i, line in enumerate(factors[place]["lines"])
    ]
