"""Which factors are read today: optimisers of value under a limit of tokens. One final class per file.

Only agents with u > 0 enter: in eq. (4) any other can only lower the value. `random` and `all` are controls and take
anybody who has a factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from quantrl.errors import DataError
from quantrl.registry import load, members
from quantrl.typing import FloatArray, IntArray, JsonObject

CAPACITY = 16_000
"""L*, tokens."""


@dataclass(frozen=True)
class Offers:
    """Today's factors.

    Attributes
    ----------
    u : (A,) float64
        Utility by agent id; NaN = abstains.
    tokens : (A,) int64
        Length of each factor.
    capacity : int
        L*, tokens.
    day : int
        Trading day; addresses the draws of `random`.
    texts : tuple of str
        The factors, for what compares them; empty where nothing does.

    Raises
    ------
    DataError
        Different lengths, an infinite utility, a negative length or limit.
    """

    u: FloatArray
    tokens: IntArray
    capacity: int = CAPACITY
    day: int = 0
    texts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.u.ndim != 1 or self.u.shape != self.tokens.shape or len(self.texts) not in (0, len(self.u)):
            raise DataError(
                f"offers: expected one utility, length and text an agent, got {self.u.shape}, {self.tokens.shape} "
                f"and {len(self.texts)} texts"
            )
        if np.isinf(self.u).any() or (self.tokens < 0).any() or self.capacity < 0:
            raise DataError(
                f"offers: expected finite utilities and tokens of 0 or more, got u {self.u.tolist()}, tokens "
                f"{self.tokens.tolist()}, capacity {self.capacity}"
            )

    @property
    def present(self) -> IntArray:
        """Ids with a factor today, ascending."""
        return np.flatnonzero(~np.isnan(self.u))

    @property
    def useful(self) -> IntArray:
        """Ids with u > 0, ascending."""
        return np.flatnonzero(self.u > 0)


class Context(Protocol):
    """Chooses factors."""

    def choose(self, offers: Offers) -> tuple[int, ...]:
        """Chosen ids, ascending."""
        ...

    def settings(self) -> JsonObject:
        """Parameters."""
        ...


def build(name: str, **params: Any) -> Context:
    """The optimiser of that name: `BUILD` of the file ``context/<name>.py``.

    Raises
    ------
    ConfigError
        No such optimiser, the message lists the choices; or a parameter out of range.
    """
    context: Context = load(__name__, name).BUILD(**params)
    return context


def seeded(name: str, params: Mapping[str, Any], seed: int) -> Context:
    """The optimiser of a run; one that draws and says no seed of its own draws with that of the run.

    Raises
    ------
    ConfigError
        As `build`.
    """
    own: dict[str, Any] = {"seed": seed} if name == "random" else {}
    return build(name, **{**own, **params})


def names() -> list[str]:
    """Every optimiser."""
    return [name for name in members(__name__) if name != "rebuild"]


def fitted(order: Sequence[int], offers: Offers) -> tuple[int, ...]:
    """Ids taken in this order while they fit, ascending; what does not fit is passed over."""
    chosen, left = [], offers.capacity
    for agent in order:
        if offers.tokens[agent] <= left:
            chosen.append(int(agent))
            left -= int(offers.tokens[agent])
    return tuple(sorted(chosen))
