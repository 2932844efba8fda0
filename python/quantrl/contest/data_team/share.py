"""No document may carry a factor alone: a cap on the rating mass, the sum of |rating|, that rests on one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from quantrl.contest.data_team.limits import LEAST_MASS
from quantrl.contest.types import FactorLine, Rating

_EPS = 1e-9


def cap_share(
    ratings: Sequence[Rating], lines: Sequence[FactorLine], share: float
) -> tuple[tuple[Rating, ...], int]:
    """Ratings of which no document holds more than `share` of the mass, and how many were taken out for that.

    The mass of a pair is divided evenly among the documents its line cites. Of the document with the most the last pair
    goes, until none has too much. One strong rating, a mass of 2, is always allowed: else a day with one document, or
    with one that says anything, could not be rated at all.

    Parameters
    ----------
    ratings : sequence of Rating
    lines : sequence of FactorLine
        Of the factor they rate.
    share : float
        ``Limits.max_doc_share``.
    """
    kept = list(ratings)
    while True:
        mass: dict[str, float] = defaultdict(float)
        for rating in kept:
            refs = lines[rating.line].refs
            for ref in refs:
                mass[ref] += abs(rating.rating) / len(refs)
        total = sum(abs(rating.rating) for rating in kept)
        most = max(sorted(mass), key=mass.__getitem__, default=None)
        if most is None or mass[most] <= max(share * total, LEAST_MASS) + _EPS:
            return tuple(kept), len(ratings) - len(kept)
        last = max(i for i, r in enumerate(kept) if r.rating and most in lines[r.line].refs)
        del kept[last]
