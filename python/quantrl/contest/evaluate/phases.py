"""What would have been read had the rebuild fallen on other days: all n phases, from the recorded u and lengths."""

from __future__ import annotations

import numpy as np

from quantrl.contest.context import Offers, seeded
from quantrl.contest.context.rebuild import Rebuild
from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.newey_west import automatic_lag, newey_west_t
from quantrl.contest.evaluate.tables import Tables, pivot
from quantrl.typing import FloatArray, IntArray, JsonObject
from quantrl.units import BP

_NEEDS_TEXT = frozenset({"facility"})


def phases(tables: Tables) -> JsonObject:
    """Mean implied return of what each phase reads, basis points a day; a reason where it cannot be worked out."""
    settings, rows = tables.summary.data_contest, tables.factors
    if rows.height == 0:
        return {"reason": "no data contest was run", "phases": []}
    if settings.engine != "paper":
        return {"reason": f"the data contest ran under the engine {settings.engine!r}", "phases": []}
    if settings.context in _NEEDS_TEXT:
        return {"reason": f"{settings.context} compares texts, which are not in the tables", "phases": []}
    agents = tuple(rows["agent"].unique(maintain_order=True).sort().to_list())
    days, u = pivot(rows, "u", agents)
    _, tokens = pivot(rows, "tokens", agents)
    _, implied = pivot(rows, "implied", agents)
    _, chosen = pivot(rows, "chosen", agents)
    lengths = np.nan_to_num(tokens).astype(np.int64)
    context = seeded(settings.context, settings.params, tables.summary.settings.seed)
    found = []
    for phase in range(settings.every):
        rebuild = Rebuild(context, settings.every, phase)
        picked = _picks(rebuild, days, u, lengths, settings.capacity)
        found.append({"phase": phase, "own": phase == settings.phase, **_worth(picked, implied)})
    return {"reason": "ok", "phases": found, "recorded": _worth(chosen, implied)}


def _picks(rebuild: Rebuild, days: IntArray, u: FloatArray, tokens: IntArray, capacity: int) -> FloatArray:
    """(D, A) 1 for the factors read."""
    made = np.zeros(u.shape)
    before: tuple[int, ...] | None = None
    for row, day in enumerate(days.tolist()):
        offers = Offers(u[row], tokens[row], capacity, day)
        before = rebuild.choose(offers, before)
        made[row, list(rebuild.read(before, offers))] = 1.0
    return made


def _worth(picked: FloatArray, implied: FloatArray) -> JsonObject:
    known = (picked > 0) & np.isfinite(implied)
    count = known.sum(axis=1)
    total = np.where(known, implied, 0.0).sum(axis=1)
    mean = total[count > 0] / count[count > 0]
    return {
        "days": len(mean),
        "read_a_day": number(float(count.mean())) if len(count) else None,
        "implied_bps": number(float(mean.mean()) / BP) if len(mean) else None,
        "t": number(newey_west_t(mean, automatic_lag(len(mean), 1))),
    }
