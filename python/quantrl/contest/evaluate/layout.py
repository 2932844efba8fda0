"""Which tables a run leaves behind, and what each of their columns may hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["int", "float", "text", "flag"]


@dataclass(frozen=True)
class Field:
    """One column.

    Parameters
    ----------
    kind : {'int', 'float', 'text', 'flag'}
    low, high : float
        Bounds, both included.
    nan : bool
        Whether NaN stands for "not known".
    among : tuple of str
        The words allowed; any where there are none.
    optional : bool
        Whether the column may be absent.
    """

    kind: Kind
    low: float = float("-inf")
    high: float = float("inf")
    nan: bool = False
    among: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True)
class Layout:
    """A table: its columns, those that name a row, and whether a run must have it."""

    columns: dict[str, Field]
    key: tuple[str, ...]
    required: bool = False


_DAY = Field("int", low=0)
_TIME = Field("int", low=0)
_TEXT = Field("text")
_COUNT = Field("int", low=0)
_NUMBER = Field("float")
_SCORE = Field("float", nan=True)
_SHARE = Field("float", low=-1e-9, high=1.0 + 1e-9)
_PERCENT = Field("int", low=0, high=100)
_LEDGER = {
    "agent": _TEXT,
    "decided": _TIME,
    "matured": _TIME,
    "gross": _NUMBER,
    "cost": _NUMBER,
    "acted": Field("int", low=0, high=1),
    "belief": _SCORE,
    "tokens": Field("float", low=0),
    "usd": Field("float", low=0),
}

LAYOUTS: dict[str, Layout] = {
    "ledger": Layout(_LEDGER, (), required=True),
    "factor_ledger": Layout(_LEDGER, ()),
    "capital": Layout(
        {
            "day": _DAY,
            "decided": _TIME,
            "engine": _TEXT,
            "agent": _TEXT,
            "share": _SHARE,
            "scale": Field("float", low=0, optional=True),
        },
        ("day", "engine", "agent"),
        required=True,
    ),
    "returns": Layout(
        {
            "day": _DAY,
            "matured": _TIME,
            "engine": _TEXT,
            "gross": _NUMBER,
            "cost": _NUMBER,
            "net": Field("float", low=-1.0),
            "slippage": Field("float", optional=True),
        },
        ("day", "engine"),
        required=True,
    ),
    "signals": Layout(
        {
            "day": _DAY,
            "agent": _TEXT,
            "symbol": _TEXT,
            "action": Field("text", among=("buy", "sell", "hold")),
            "probability": _PERCENT,
            "accepted": Field("flag"),
            "reason": _TEXT,
            "realised": _SCORE,
            "matured": _TIME,
            "evidence": _TEXT,
            "limitations": _TEXT,
        },
        (),
    ),
    "factors": Layout(
        {
            "day": _DAY,
            "agent": _TEXT,
            "tokens": _COUNT,
            "lines": _COUNT,
            "pairs": _COUNT,
            "score": _SCORE,
            "implied": _SCORE,
            "u": _SCORE,
            "chosen": Field("flag"),
            "fallback": _COUNT,
        },
        ("day", "agent"),
    ),
    "judgements": Layout(
        {
            "day": _DAY,
            "agent": _TEXT,
            "judge": _TEXT,
            "rubric": _TEXT,
            "score": Field("float", low=0, high=100, nan=True),
            "position": _COUNT,
            "length": _COUNT,
        },
        ("day", "agent", "judge", "rubric"),
    ),
    "predictions": Layout(
        {
            "day": _DAY,
            "contest": Field("text", among=("data", "research")),
            "agent": _TEXT,
            "u": _SCORE,
            "warm": Field("flag"),
            "score": _SCORE,
        },
        ("day", "contest", "agent"),
    ),
    "attribution": Layout(
        {
            "day": _DAY,
            "part": Field("text", among=("agent", "netting", "drift")),
            "agent": _TEXT,
            "earned": _NUMBER,
        },
        ("day", "part", "agent"),
    ),
    "weights": Layout(
        {"day": _DAY, "agent": _TEXT, "symbol": _TEXT, "weight": _NUMBER}, ("day", "agent", "symbol")
    ),
}
"""By file name without its ending; every file is ``<name>.parquet``."""
