"""Which sources the data contest read, and whether what it read was worth more than what a lot would have drawn."""

from __future__ import annotations

import numpy as np

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.gap import Gap, gap, no_gap
from quantrl.contest.evaluate.newey_west import automatic_lag, newey_west_t
from quantrl.contest.evaluate.paired import drawing
from quantrl.contest.evaluate.tables import Tables, pivot
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import BP

_LEAST_DAYS = 20
"""Of a t."""


def reading(tables: Tables) -> JsonObject:
    """Each source with its share of days read and its implied return; the lead of what was read over a random draw.

    A draw of k sources, whatever k, is worth on average the mean over all that wrote that day: no seed is needed.

    Notes
    -----
    `implied` is the return of a book of unit gross that follows the ratings of a factor, before costs, as known later.
    """
    rows = tables.factors
    if rows.height == 0:
        return {
            "reason": "no data contest was run",
            "sources": [],
            "lead_bps": no_gap("no data contest").json(),
        }
    agents = tuple(rows["agent"].unique().sort().to_list())
    _, implied = pivot(rows, "implied", agents)
    _, chosen = pivot(rows, "chosen", agents)
    _, tokens = pivot(rows, "tokens", agents)
    _, u = pivot(rows, "u", agents)
    return {
        "reason": "ok",
        "sources": [
            {
                "source": agent,
                "read": _mean(chosen[:, i]),
                "tokens": _mean(tokens[:, i]),
                "u": _mean(u[:, i]),
                "days": int(np.isfinite(implied[:, i]).sum()),
                **_worth(implied[:, i]),
            }
            for i, agent in enumerate(agents)
        ],
        "lead_bps": _lead(implied, chosen, tables.summary.settings.seed).json(),
    }


def _lead(implied: FloatArray, chosen: FloatArray, seed: int) -> Gap:
    """Mean implied return of the sources read less that of all that wrote, basis points a day."""
    wrote = np.isfinite(implied)
    read = wrote & (chosen > 0)
    usable = read.any(axis=1) & (wrote.sum(axis=1) > 1)
    if not usable.any():
        return no_gap("no day on which one source of several was read")
    known = np.where(wrote, implied, 0.0)[usable]
    lead = (known * read[usable]).sum(axis=1) / read[usable].sum(axis=1)
    lead = (lead - known.sum(axis=1) / wrote[usable].sum(axis=1)) / BP
    resample = drawing(len(lead), seed)
    if resample is None:
        return no_gap("too few days")
    return gap(float(lead.mean()), resample.means(lead[:, None])[:, 0])


def _worth(implied: FloatArray) -> JsonObject:
    known = implied[np.isfinite(implied)]
    if len(known) < 2:
        return {"implied_bps": None, "t": None}
    return {
        "implied_bps": number(float(known.mean()) / BP),
        "t": number(newey_west_t(known, automatic_lag(len(known), 1))) if len(known) >= _LEAST_DAYS else None,
    }


def _mean(values: FloatArray) -> float | None:
    known = values[np.isfinite(values)]
    return number(float(known.mean())) if len(known) else None
