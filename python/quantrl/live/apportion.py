"""A whole number split by weights: exact sum, no share below zero or above its weight's reach."""

from __future__ import annotations

from collections.abc import Sequence


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` by largest remainder; ties go to the lower place.

    Parameters
    ----------
    total : int
        At least 0.
    weights : sequence of int
        At least 0 each, with a sum above 0 unless `total` is 0.

    Returns
    -------
    list of int
        At least 0 each, summing to `total`. Where ``total <= sum(weights)``, no share exceeds its weight.

    Raises
    ------
    ValueError
        A negative total or weight, or something to split and nobody to take it.
    """
    whole = sum(weights)
    if total < 0 or (weights and min(weights) < 0):
        raise ValueError(
            f"apportion: expected total and weights of at least 0, got {total} by {list(weights)}"
        )
    if total == 0:
        return [0] * len(weights)
    if whole == 0:
        raise ValueError(f"apportion: expected a weight above 0 to split {total} by")
    shares, rests = [], []
    for place, weight in enumerate(weights):
        share, rest = divmod(total * weight, whole)
        shares.append(share)
        rests.append((-rest, place))
    left = total - sum(shares)
    if left:
        rests.sort()
        for _, place in rests[:left]:
            shares[place] += 1
    return shares


def apportion_signed(total: int, weights: Sequence[int]) -> list[int]:
    """As `apportion`, for a total of either sign: a rebate is split as a charge of its size would be."""
    shares = apportion(abs(total), weights)
    return shares if total >= 0 else [-share for share in shares]
