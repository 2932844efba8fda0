"""One way to print a number: a table of units, shared by the page, the text report and the tables."""

from __future__ import annotations

from dataclasses import dataclass

UNDEFINED = "—"


@dataclass(frozen=True)
class Unit:
    """How a kind of number is shown.

    Parameters
    ----------
    scale : float
        The value is multiplied by this.
    decimals : int
        Digits after the point; -1 asks for scientific form with one digit.
    suffix : str
        Written after the digits.
    """

    scale: float = 1.0
    decimals: int = 2
    suffix: str = ""


# ``points``, ``points2``, ``whole``, ``tenths`` and ``usd`` stand under a table head that carries the sign; ``lead``
# turns the difference book minus contest into contest minus book, ``taken`` a loss into what was taken.
UNITS: dict[str, Unit] = {
    "ratio": Unit(),
    "percent": Unit(scale=100.0, decimals=1, suffix="%"),
    "percent2": Unit(scale=100.0, decimals=2, suffix="%"),
    "taken": Unit(scale=-100.0, decimals=2, suffix="%"),
    "points": Unit(scale=100.0, decimals=1),
    "points2": Unit(scale=100.0, decimals=2),
    "whole": Unit(scale=100.0, decimals=0),
    "tenths": Unit(decimals=1),
    "lead": Unit(scale=-1.0),
    "lead3": Unit(scale=-1.0, decimals=3),
    "ratio3": Unit(decimals=3),
    "share": Unit(scale=100.0, decimals=0, suffix="%"),
    "times": Unit(decimals=1, suffix="×"),
    "bps": Unit(decimals=0, suffix=" bp"),
    "bps1": Unit(decimals=1, suffix=" bp"),
    "count": Unit(decimals=0),
    "money": Unit(decimals=0),
    "cents": Unit(decimals=2),
    "p": Unit(decimals=4),
    "score": Unit(decimals=4),
    "usd": Unit(decimals=4),
    "tiny": Unit(decimals=-1),
}


def show_number(value: float | None, unit: str, *, minus: str = "−") -> str:
    """A number as people read it: grouped thousands, a true minus sign, its unit; a dash where undefined."""
    if value is None:
        return UNDEFINED
    kind = UNITS[unit]
    scaled = value * kind.scale
    digits = f"{scaled:.1e}" if kind.decimals < 0 else f"{scaled:,.{kind.decimals}f}"
    negative = digits.startswith("-") and any(ch in "123456789" for ch in digits.partition("e")[0])
    return (minus if negative else "") + digits.lstrip("-").replace("e-", f"e{minus}") + kind.suffix


def lead_unit(*numbers: float | None) -> str:
    """Unit of a lead and its interval: a third digit where two would round an end to zero and hide its sign."""
    return "lead3" if any(number and abs(number) < 0.005 for number in numbers) else "lead"


MEASURE_UNITS: dict[str, str] = {
    "total": "whole",
    "cagr": "points",
    "vol": "points",
    "sharpe": "ratio",
    "sortino": "ratio",
    "calmar": "ratio",
    "max_drawdown": "points",
    "turnover": "tenths",
    "cost_bps_year": "count",
    "exposure": "whole",
}
"""Units of the measures in a table, whose heads carry the sign."""
