"""What is known about an instrument besides its prices."""

from __future__ import annotations

import math
from dataclasses import dataclass

from quantrl.errors import DataError

MAX_NAME_BYTES = 256


@dataclass(frozen=True)
class Instrument:
    """One column of a panel.

    Parameters
    ----------
    symbol : str
        Unique in its panel, at most 256 bytes of UTF-8.
    currency : str
        ISO code, or empty where it is not known.
    lot : float
        Smallest number of units that can be ordered; 0 means any fraction.
    tick : float
        Smallest price step; 0 means any.
    listed, delisted : int, optional
        First and last time it could be traded, ns UTC.

    Raises
    ------
    DataError
        A name that is empty, too long or holds control characters; a negative or infinite lot or tick.
    """

    symbol: str
    currency: str = ""
    lot: float = 0.0
    tick: float = 0.0
    listed: int | None = None
    delisted: int | None = None

    def __post_init__(self) -> None:
        check_name(self.symbol, "instrument")
        for field, value in (("lot", self.lot), ("tick", self.tick)):
            if not (math.isfinite(value) and value >= 0):
                raise DataError(
                    f"instrument {self.symbol!r}: expected a finite {field} of 0 or more, got {value}"
                )


def check_name(name: object, what: str) -> None:
    """Refuse names that cannot be shown on one line.

    Raises
    ------
    DataError
        Not text, empty, over 256 bytes, or with control characters.
    """
    if not isinstance(name, str) or not name:
        raise DataError(f"expected a non-empty {what} name, got {name!r}")
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise DataError(f"{what} name {name[:40]!r} is not valid Unicode") from None
    if size > MAX_NAME_BYTES:
        raise DataError(f"{what} name {name[:40]!r}... has {size} bytes, more than {MAX_NAME_BYTES}")
    if not name.isprintable():
        raise DataError(f"{what} name {name[:40]!r} holds characters that cannot be printed")
