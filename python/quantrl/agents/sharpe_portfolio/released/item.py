"""One row of the audit, and how its numbers are written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from quantrl.agents.sharpe_portfolio.released.statistics import Interval
from quantrl.typing import JsonObject

NOTHING = "–"
NO_RELATIVES = "absent: no table of relatives was given"


@dataclass(frozen=True)
class Item:
    """One row.

    Attributes
    ----------
    key : str
        For programs.
    item, published, found : str
        As shown; `published` is a dash where nothing was.
    values : dict of str to float
        The numbers behind `found`, not rounded.
    absent : bool
        An input it needs was not there; `found` says which.
    """

    key: str
    item: str
    published: str
    found: str
    values: dict[str, float] = field(default_factory=dict)
    absent: bool = False

    def to_dict(self) -> JsonObject:
        """Plain values for JSON."""
        return {
            "key": self.key,
            "item": self.item,
            "published": self.published,
            "found": self.found,
            "values": self.values,
            "absent": self.absent,
        }


def number(value: float, digits: int = 2) -> str:
    """A rounded number; a dash where it is undefined."""
    return NOTHING if math.isnan(value) else f"{value:.{digits}f}"


def interval(found: Interval) -> str:
    """Bounds and median."""
    return f"[{number(found.low)}, {number(found.high)}], median {number(found.median)}"


def bounds(found: Interval) -> dict[str, float]:
    """The same for programs."""
    return {"low": found.low, "median": found.median, "high": found.high}
