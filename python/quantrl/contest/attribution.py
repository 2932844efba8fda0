"""Who earned what of a day's result of the book."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.errors import DataError
from quantrl.typing import FloatArray


@dataclass(frozen=True, eq=False)
class Attribution:
    """A book's net return in parts: ``contribution.sum() - netting + drift = net`` of the book, exactly.

    Attributes
    ----------
    contribution : (..., A) float64
        Capital share times the agent's own net return.
    netting : (...) float64
        What the book paid in costs less what the agents' accounts paid for the same capital: below 0 where orders of
        several agents cancelled, and where an agent's capital had not to be bought anew.
    drift : (...) float64
        The rest: names an agent holds by units while the book holds them by weight, and orders that found no price. 0 to
        rounding where all agents state complete weights and all names trade.
    """

    contribution: FloatArray
    netting: FloatArray
    drift: FloatArray


def attribute(
    shares: FloatArray, net: FloatArray, cost: FloatArray, book_net: FloatArray, book_cost: FloatArray
) -> Attribution:
    """Split the net return of a netted book.

    Parameters
    ----------
    shares : (..., A) float64
        Capital shares at the decision; the rest is cash.
    net, cost : (..., A) float64
        Each agent's own net return from fill point to fill point, and its costs over the equity at the first.
    book_net, book_cost : (...) float64
        The same of the book.

    Raises
    ------
    DataError
        Shapes that do not fit, or costs of all equity.

    Notes
    -----
    An account that pays the share k of its equity and then holds weights with return g has net return (1 - k)(1 + g) - 1.
    With weights sum c_i w_i the book's g is sum c_i g_i, so its net return is sum c_i net_i less the difference of
    k (1 + g) between the book and the sum over agents.
    """
    if not shares.shape == net.shape == cost.shape or book_net.shape != shares.shape[:-1]:
        raise DataError(
            f"attribution: expected (..., A) shares, net, cost and (...) of the book, got {shares.shape}, {net.shape}, "
            f"{cost.shape} and {book_net.shape}"
        )
    if max(cost.max(initial=0.0), np.max(book_cost, initial=0.0)) >= 1.0:
        raise DataError("attribution: expected costs below all equity")
    contribution = shares * net
    paid = (shares * _paid(net, cost)).sum(axis=-1)
    netting = _paid(book_net, book_cost) - paid
    return Attribution(contribution, netting, book_net - (contribution.sum(axis=-1) - netting))


def _paid(net: FloatArray, cost: FloatArray) -> FloatArray:
    """k (1 + g): costs, grown by what they would have earned."""
    return cost * (1.0 + net) / (1.0 - cost)
