"""Many configurations on the same dates: how far choosing the best of them chose noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantrl import metrics
from quantrl.agents.sharpe_portfolio.evaluation.accounts import finite
from quantrl.typing import JsonObject

LEAST_CONFIGURATIONS = 8
BLOCKS = 16


def overfitting(results: Sequence[JsonObject]) -> list[JsonObject]:
    """A row per data set and dates: configurations tried, and the probability of backtest overfitting.

    Parameters
    ----------
    results : sequence of dict
        Contents of ``results.json``, one per configuration.

    Returns
    -------
    list of dict
        ``data_id name first last configurations bars pbo slope loss``; the last three None with fewer than 8
        configurations, or where they are undefined.

    References
    ----------
    Bailey, Borwein, Lopez de Prado and Zhu (2015), The probability of backtest overfitting, J. Computational Finance.
    """
    groups: dict[tuple[str, str], list[JsonObject]] = {}
    for one in results:
        dates = one["series"]["time"]
        groups.setdefault((one["data"]["id"], " ".join(dates)), []).append(one)
    return [_row(group) for group in groups.values()]


def _row(group: Sequence[JsonObject]) -> JsonObject:
    first = group[0]
    found: JsonObject = {
        "data_id": first["data"]["id"],
        "name": first["data"]["source"],
        "first": first["test"]["first"],
        "last": first["test"]["last"],
        "bars": first["test"]["bars"],
        "configurations": len(group),
        "pbo": None,
        "slope": None,
        "loss": None,
    }
    if len(group) < LEAST_CONFIGURATIONS or first["test"]["bars"] < 2 * BLOCKS:
        return found
    made = metrics.pbo(np.column_stack([one["series"]["returns"]["agent"] for one in group]), blocks=BLOCKS)
    return found | {
        "pbo": finite(made.probability),
        "slope": finite(made.slope),
        "loss": finite(made.loss),
    }
