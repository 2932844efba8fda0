"""When a rule decides, and how its weights become a `Decision`."""

from __future__ import annotations

from math import isfinite

import numpy as np

from quantrl.agent import Decision, Evidence
from quantrl.data import View
from quantrl.typing import FloatArray

_SHOWN = 3


def waiting(view: View, *, needed: int, every: int) -> Decision | None:
    """What to do on a bar without a decision of its own, or None where the rule must decide.

    Parameters
    ----------
    view : View
        What is known.
    needed : int
        Bars of history the rule reads; with fewer it stays in cash.
    every : int
        Bars between decisions. The schedule counts the bars of the view and nothing else, so that it is the
        same for an agent built yesterday and one that has run for years.
    """
    if view.n < needed:
        return Decision.cash(view.n_instruments)
    if view.n % every:
        return Decision.hold(view.n_instruments)
    return None


def decision(view: View, weights: FloatArray, indicator: str, values: FloatArray) -> Decision:
    """Weights with the indicator values of the largest positions as evidence.

    Parameters
    ----------
    view : View
        What the weights were computed from.
    weights : (n_instruments,) float64
        Not negative, sum at most one.
    indicator : str
        Name of `values`.
    values : (n_instruments,) float64
        One number an instrument; NaN where it could not be computed.

    Notes
    -----
    On a bar where nothing at all has a price the market is shut: the rule holds what it has.
    """
    largest = (-weights).argsort(kind="stable")[:_SHOWN]
    if weights[largest[0]] == 0.0 and np.isnan(view.last("close")).all():
        return Decision.hold(view.n_instruments)
    names = view.instruments
    shown = zip(largest.tolist(), values[largest].tolist(), strict=True)
    evidence = [Evidence("indicator", indicator, value, names[i]) for i, value in shown if isfinite(value)]
    return Decision(weights, evidence=tuple(evidence))
