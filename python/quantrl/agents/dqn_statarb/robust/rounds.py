"""Worst cases, round after round: whatever learns and whatever finds where it is weakest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

Theta = TypeVar("Theta")
Values = TypeVar("Values")


@dataclass(frozen=True)
class Worst(Generic[Theta]):
    """Where the minimum of all values so far is weakest.

    Attributes
    ----------
    theta
        The point.
    ratio, se : float
        What acting by the minimum is worth there, and its standard error; 0 where it is exact.
    """

    theta: Theta
    ratio: float
    se: float


@dataclass(frozen=True)
class Round(Generic[Theta]):
    """One round.

    Attributes
    ----------
    theta
        Where its values were learned.
    worst
        Where the minimum is weakest: theta of the next round.
    ratio, se : float
        As of `Worst`.
    """

    theta: Theta
    worst: Theta
    ratio: float
    se: float


def worst_case_rounds(
    nominal: Theta,
    learn: Callable[[Theta, int], Values],
    search: Callable[[Sequence[Values], int], Worst[Theta]],
    *,
    most: int,
) -> list[Round[Theta]]:
    """Learn values at a point, find where acting by the minimum of all values so far is weakest, and learn there next; until
    the worst case gains no more than two standard errors.

    Parameters
    ----------
    nominal
        The first point.
    learn : callable
        Point and number of the round to values of every state and action, however they are kept.
    search : callable
        Values of all rounds so far and their number to the weakest point.
    most : int
        Rounds, at most.

    Notes
    -----
    Where uncertainty is drawn anew at every state and action, the minimum of the optimal values of all points is the value
    of the robust optimum, so what it earns at its weakest point never falls from a round to the next. Of other sets
    nothing is guaranteed.

    References
    ----------
    arXiv 2410.06212, algorithm IWOCS: incremental worst-case search.
    """
    theta, values, done = nominal, list[Values](), list[Round[Theta]]()
    while len(values) < most:
        values.append(learn(theta, len(values)))
        found = search(values, len(values))
        done.append(Round(theta, found.theta, found.ratio, found.se))
        if len(done) > 1 and found.ratio - done[-2].ratio <= 2.0 * np.hypot(found.se, done[-2].se):
            break
        theta = found.theta
    return done
