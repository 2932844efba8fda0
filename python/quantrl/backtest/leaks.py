"""What the look-ahead test reports."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.errors import LookAheadError
from quantrl.units import iso_date


@dataclass(frozen=True)
class Leak:
    """One decision that changed although nothing it may know did.

    Parameters
    ----------
    row : int
        Bar after whose close it was decided.
    time : int
        End of that bar, nanoseconds UTC.
    instrument : str
    value, without : float
        The weight decided with the true future, and without it.
    mode : str
        ``truncate``: later rows were removed. ``poison``: they were filled with NaN, or with nonsense.
    prefix : int
        Rows that were left as they are.
    """

    row: int
    time: int
    instrument: str
    value: float
    without: float
    mode: str
    prefix: int

    def __str__(self) -> str:
        return (
            f"row {self.row} ({iso_date(self.time)}), instrument {self.instrument}: weight {self.value:.9g} "
            f"became {self.without:.9g} when the rows from {self.prefix} on changed ({self.mode})"
        )


@dataclass(frozen=True)
class LookaheadReport:
    """What the look-ahead test found.

    Parameters
    ----------
    leak : Leak or None
        The first decision that depends on later rows.
    deterministic : bool
        Two runs on the same panel gave the same weights; nothing else is tested otherwise.
    prefixes : tuple of int
        Row counts that were tried.
    runs : int
        How often decisions were made again.
    """

    leak: Leak | None
    deterministic: bool
    prefixes: tuple[int, ...]
    runs: int

    @property
    def ok(self) -> bool:
        """No leak was found."""
        return self.deterministic and self.leak is None

    def raise_if_leaking(self) -> None:
        """Stop here if a decision depends on the future.

        Raises
        ------
        LookAheadError
            The first leak, or "not deterministic".
        """
        if not self.deterministic:
            raise LookAheadError("not deterministic: two runs on the same panel decided differently")
        if self.leak is not None:
            raise LookAheadError(f"a decision depends on the future: {self.leak}")
