"""Cases that are a rate: work done a second by each contender, and what is aimed for between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from quantrl.cli.bench.harness import WARM_UPS, Contender, Disagreement, Timing, compare, interleave
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

SIZES = ("small", "full")


@dataclass(frozen=True)
class Check:
    """Two ways to the same numbers, which must agree before anything is timed.

    Parameters
    ----------
    name : str
        What is compared.
    ours, theirs : callable
        Give arrays of one shape.
    limit : float
        Largest difference allowed: relative, and absolute below 1.
    """

    name: str
    ours: Callable[[], FloatArray]
    theirs: Callable[[], FloatArray]
    limit: float

    def run(self) -> tuple[float, Disagreement | None]:
        """The worst difference, and the disagreement it makes."""
        return compare(self.ours().ravel(), self.theirs().ravel(), self.name, self.limit, floor=1.0)


@dataclass(frozen=True)
class Goal:
    """At least so many units a second, or so many times the rate of another contender."""

    of: str
    at_least: float
    over: str | None = None

    def value(self, rates: dict[str, float]) -> float | None:
        """What was reached; None where a contender is absent."""
        if self.of not in rates or (self.over is not None and self.over not in rates):
            return None
        return rates[self.of] / (1.0 if self.over is None else rates[self.over])


@dataclass(frozen=True)
class RateCase:
    """One table of rates.

    Parameters
    ----------
    id, title, unit : str
        ``E1``, what is done, and what is counted.
    contenders : tuple of Contender
        In order; the first is ours. Empty where nothing can run here.
    goals : tuple of Goal
    checks : tuple of Check
    absent : dict of str to str
        Who is not here, each with the reason.
    sha256 : str
        Of the data.
    notes : tuple of str
        What a reader must know of the numbers.
    once : bool
        One round without a warm-up, of a case that takes long.
    """

    id: str
    title: str
    unit: str
    contenders: tuple[Contender, ...] = ()
    goals: tuple[Goal, ...] = ()
    checks: tuple[Check, ...] = ()
    absent: dict[str, str] = field(default_factory=dict)
    sha256: str = ""
    notes: tuple[str, ...] = ()
    once: bool = False


@dataclass(frozen=True)
class RateResult:
    """Disagreements and no time at all, or a timing for each contender."""

    case: RateCase
    disagreements: tuple[Disagreement, ...]
    worst: dict[str, float]
    timings: dict[str, Timing]

    @property
    def agree(self) -> bool | None:
        """Whether all checks hold; None where there is nothing to compare."""
        return not self.disagreements if self.case.checks else None

    @property
    def rates(self) -> dict[str, float]:
        """Units a second of each contender's median round."""
        units = {contender.name: contender.units for contender in self.case.contenders}
        return {name: timing.rate(units[name]) for name, timing in self.timings.items()}

    @property
    def cpu_rates(self) -> dict[str, float]:
        """Units a second of processor time, all threads together, of each contender's median round: what other work on the
        machine leaves as it is, but for clock speed and caches."""
        units = {contender.name: contender.units for contender in self.case.contenders}
        return {name: timing.cpu_rate(units[name]) for name, timing in self.timings.items()}

    @property
    def met(self) -> bool | None:
        """Whether every goal whose contenders are here is reached; None where none of them is."""
        rates = self.rates
        reached = [(goal.value(rates), goal.at_least) for goal in self.case.goals]
        known = [value >= least for value, least in reached if value is not None]
        return all(known) if known else None


def run_rate_case(case: RateCase, rounds: int) -> RateResult:
    """Check agreement, warm up, then time `rounds` interleaved rounds of every contender."""
    found = {check.name: check.run() for check in case.checks}
    wrong = tuple(disagreement for _, disagreement in found.values() if disagreement is not None)
    rounds, warm_ups = (1, 0) if case.once else (rounds, WARM_UPS)
    timings = {} if wrong or not case.contenders else interleave(case.contenders, rounds, warm_ups)
    return RateResult(case, wrong, {name: worst for name, (worst, _) in found.items()}, timings)


class Row(Protocol):
    """A module with one case."""

    def case(self, size: str) -> RateCase:
        """The case at a size."""
        ...


def check_size(size: str) -> None:
    """Refuse a size that is none.

    Raises
    ------
    ConfigError
        Lists the choices.
    """
    if size not in SIZES:
        raise ConfigError(f"--size: expected one of {', '.join(SIZES)}, got {size!r}")


def run_rows(rows: Iterable[Row], size: str, rounds: int) -> Iterator[RateResult]:
    """Results one by one, each as soon as it is there.

    Parameters
    ----------
    rows : iterable of modules
    size : {"full", "small"}
        How much one round does.
    rounds : int
        Interleaved, after two warm-ups.

    Raises
    ------
    ConfigError
        Unknown size.
    """
    check_size(size)
    for row in rows:
        yield run_rate_case(row.case(size), rounds)
