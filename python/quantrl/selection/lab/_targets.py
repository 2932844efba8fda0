"""What the default engine is held to on these pools."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.selection.lab._rules import DEFAULT, EQUAL, HINDSIGHT
from quantrl.selection.lab._table import Table

_LEAST = {"P1": 2.0, "P4": 1.4, "P6": 2.0, "P8": 0.75}
_OF_HINDSIGHT = 0.8
_BELOW_EQUAL = 0.1


@dataclass(frozen=True)
class Target:
    """One bound; `least` says whether the figure must be at least or at most that; `se` is its standard error, if known."""

    name: str
    figure: float
    bound: float
    least: bool = True
    se: float = 0.0

    @property
    def met(self) -> bool:
        """Whether it holds."""
        return self.figure >= self.bound if self.least else self.figure <= self.bound

    @property
    def refuted(self) -> bool:
        """Whether it fails by more than two standard errors."""
        short = self.bound - self.figure if self.least else self.figure - self.bound
        return short > 2 * self.se


def targets(table: Table) -> list[Target]:
    """Bounds that can be told from a table; what it does not hold is left out."""
    cells, found = table.cells, []
    for pool in table.pools:
        mine, equal = cells.get((DEFAULT, pool)), cells.get((EQUAL, pool))
        if mine is None:
            continue
        if pool in _LEAST:
            found.append(Target(f"{pool} net Sharpe", mine.sharpe, _LEAST[pool], se=mine.se))
        if equal is not None:
            found.append(
                Target(f"{pool} less equal weight", mine.sharpe - equal.sharpe, -_BELOW_EQUAL, se=mine.se)
            )
        if pool == "P1":
            best = cells.get((HINDSIGHT, pool))
            if best is not None:
                found.append(Target("P1 share of hindsight", mine.sharpe / best.sharpe, _OF_HINDSIGHT))
            found += [
                Target("P1 precision@5", mine.precision, 0.80),
                Target("P1 tau", mine.tau, 0.45),
                Target("P1 turnover a year", mine.turnover, 4.0, least=False),
                Target("P1 detection, days", mine.detection, 65.0, least=False),
                Target("P1 lowest decile", mine.p10, 1.2),
            ]
    return found
