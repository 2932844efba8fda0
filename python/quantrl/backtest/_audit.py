"""The books, checked from the inputs and the fills: nothing here is shared with the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quantrl.backtest._books import Books
from quantrl.backtest._identities import IDENTITIES, residuals
from quantrl.errors import AuditError
from quantrl.typing import FloatArray

if TYPE_CHECKING:
    from quantrl.backtest.result import Result

PER_BAR = 1e-9
IN_TOTAL = 1e-8


@dataclass(frozen=True)
class Breach:
    """One identity that does not hold on one bar, and by how much (currency, bars or price)."""

    bar: int
    identity: str
    residual: float

    def __str__(self) -> str:
        return f"bar {self.bar}: {self.identity} ({IDENTITIES[self.identity]}): residual {self.residual:.9g}"


@dataclass(frozen=True)
class AuditReport:
    """What the audit found.

    Parameters
    ----------
    bars, fills : int
        How much was checked.
    breaches : int
        Pairs of bar and identity beyond tolerance.
    max_residual : dict of str to float
        Largest residual of each identity as a fraction of the equity before its bar (or the positions) plus the value traded
        on it (of the starting cash for ``attribution``; plain for ``fill_point`` and ``fill_price``).
    first : Breach or None
        The earliest breach, by cause where a bar has several.
    """

    bars: int
    fills: int
    breaches: int
    max_residual: dict[str, float]
    first: Breach | None

    @property
    def worst(self) -> float:
        """Largest residual of all identities."""
        return max(self.max_residual.values())

    def raise_if_breached(self) -> None:
        """Stop here if an identity does not hold.

        Raises
        ------
        AuditError
            The bar, the identity and the residual of the first breach.
        """
        if self.first is not None:
            raise AuditError(f"{self.first}; {self.breaches} breaches in {self.bars} bars")


def audit(result: Result) -> AuditReport:
    """Check every accounting identity of a result, and report instead of raising.

    Parameters
    ----------
    result : Result
        Re-run with everything kept if it was not.

    Returns
    -------
    AuditReport

    Notes
    -----
    Prices and decisions come from the inputs, units, fills and columns from the engine. Per bar the tolerance
    is 1e-9 of (equity before + value traded), for the attribution 1e-8 of the starting cash. O(T N).
    """
    books = Books.of(result)
    return _report(books, residuals(books, result))


def _report(books: Books, off: dict[str, FloatArray]) -> AuditReport:
    # NaN fits no tolerance: what is compared with it is a breach.
    traded = np.zeros(books.n_bars)
    np.add.at(traded, books.fills.bar, np.abs(books.fills.units * books.fills.price))
    # A short or borrowed position may be worth far more than the equity.
    held = np.abs(books.units * books.mark).sum(axis=1)
    scale = np.maximum(books.equity_before, np.concatenate([[0.0], held[:-1]])) + traded
    largest, found = {}, []
    for identity in IDENTITIES:
        in_total, is_exact = identity == "attribution", identity in ("fill_point", "fill_price")
        unit = np.full(books.n_bars, books.initial) if in_total else scale
        unit = np.ones(books.n_bars) if is_exact else unit
        allowed = unit * (0.0 if is_exact else IN_TOTAL if in_total else PER_BAR)
        size = np.abs(np.where(np.isnan(off[identity]), np.inf, off[identity]))
        largest[identity] = float((size / np.where(unit > 0.0, unit, 1.0)).max())
        found += [
            Breach(int(t), identity, float(off[identity][t])) for t in np.flatnonzero(~(size <= allowed))
        ]
    order = list(IDENTITIES)
    first = min(found, key=lambda breach: (breach.bar, order.index(breach.identity)), default=None)
    return AuditReport(books.n_bars, len(books.fills.bar), len(found), largest, first)
