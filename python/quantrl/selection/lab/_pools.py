"""Pools drawn from their addresses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.errors import DataError
from quantrl.selection._parameters import whole
from quantrl.typing import FloatArray

DAYS = 1008
POOLS = {
    "P0": "null: nobody has skill",
    "P1": "mixed: six keep it, four lose it at once",
    "P2": "regimes: two groups take turns",
    "P3": "decay: twelve have it one after the other, and it fades",
    "P4": "clones: five keep it, ten copy a lucky one",
    "P5": "arrivals: agents come and go",
    "P6": "sparse: most of the skilled act one day in five",
    "P7": "liars: ten imitate yesterday's best",
    "P8": "crash sellers: eight earn steadily until the day they crash",
}
"""Pools of the published table, with what is special about each."""
FLIPS: dict[str, tuple[int, int, int]] = {"P1": (504, 36, 4)}
"""First day, first agent and number of agents of a loss of skill whose detection is measured."""


@dataclass(frozen=True)
class Pools:
    """Pools of one kind; every array is (seeds, days, agents).

    Attributes
    ----------
    name : str
    returns : float64
        Simple net returns, 0 where an agent did not act.
    acted : uint8
        1 where it acted.
    truth : float64
        Annual Sharpe ratio that generated the row.
    born : uint8
        1 where the column is given to an agent without history.
    """

    name: str
    returns: FloatArray
    acted: NDArray[np.uint8]
    truth: FloatArray
    born: NDArray[np.uint8]

    def __post_init__(self) -> None:
        shape = self.returns.shape
        for name in ("acted", "truth", "born"):
            other = getattr(self, name).shape
            if other != shape:
                raise DataError(f"{name}: expected shape {shape} as returns, got {other}")

    @property
    def flip(self) -> tuple[int, int, int] | None:
        """The loss of skill whose detection is measured."""
        return FLIPS.get(self.name)


def draw(
    name: str, *, seeds: int = 20, seed: int = 11, days: int = DAYS, first: int = 0, threads: int = 1
) -> Pools:
    """Pools `first` .. `first + seeds` of one kind.

    Parameters
    ----------
    name : str
        A key of `POOLS`, or ``P0-clones``: the null with ten copies of one agent.
    seeds : int
        Pools.
    seed : int
        With `name` and the number of a pool its address.
    days : int
        At least 64.
    threads : int
        Results do not depend on it.

    Raises
    ------
    ConfigError
        An unknown pool, or a number out of range.
    """
    for number, value in (("seeds", seeds), ("seed", seed), ("days", days), ("first", first)):
        whole(number, value)
    whole("threads", threads, 1)
    return Pools(name, **_core.lab_pools(name, seed, first, seeds, days, threads))
