"""How a day begins and ends, and what there is to read."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from quantrl.contest.documents.view import documents_sha256
from quantrl.contest.standing import Standing
from quantrl.errors import DataError
from quantrl.typing import JsonObject


def make_open(s: Standing) -> JsonObject:
    """Times of the day, and what can be traded as far as is known.

    Raises
    ------
    DataError
        Nothing can be traded.
    """
    world, t = s.world, s.today.t
    clock = world.clock
    view = s.reveal.at(clock.d(t))
    last = view.tradable[-1] & view.member[-1] if view.n else np.ones(len(world.symbols), dtype=np.bool_)
    universe = [symbol for symbol, open_ in zip(world.symbols, last.tolist(), strict=True) if open_]
    if not universe:
        raise DataError(f"universe: nothing can be traded on {world.calendar.date(t)}, day {t}")
    return {"t": t, "decided": clock.d(t), "open": clock.o(t), "bars": view.n, "universe": universe}


def apply_open(s: Standing, payload: Any) -> None:
    """Accounts arrive at the bar before the day, and signals that have matured are priced."""
    s.today.universe = tuple(payload["universe"])
    s.arrive(s.today.t)
    s.price_signals()


def make_docs(s: Standing) -> JsonObject:
    """Ids of the documents of the day, in order, with a digest over their contents."""
    world, t = s.world, s.today.t
    view = world.docs.as_of(world.clock.d(t))
    window = view.window(*world.clock.window(t))
    counts = Counter(document.source for document in window)
    return {
        "ids": [document.id for document in window],
        "sources": dict(sorted(counts.items())),
        "sha256": documents_sha256(window),
    }


def apply_docs(s: Standing, payload: Any) -> None:
    """The documents that were there are those the store still gives.

    Raises
    ------
    DataError
        Documents have changed since the day was decided.
    """
    world, t = s.world, s.today.t
    s.today.documents = view = world.docs.as_of(world.clock.d(t))
    found = documents_sha256(view.window(*world.clock.window(t)))
    if found != payload["sha256"]:
        raise DataError(
            f"documents of {world.calendar.date(t)}: expected sha256 {payload['sha256']}, got {found}"
        )


def make_closed(s: Standing) -> JsonObject:
    """Digests of both ledgers as they stood at d(t)."""
    now = s.world.clock.d(s.today.t)
    return {"ledger": s.field.ledger.as_of(now).sha256, "factor_ledger": s.factor_ledger.as_of(now).sha256}


def apply_closed(s: Standing, payload: Any) -> None:
    """The accounts take the decision; ledgers that came out otherwise are refused.

    Raises
    ------
    DataError
        A row that is not as it was when the day was closed: the data, or an agent without memory of its own, changed.
    """
    if payload != make_closed(s):
        raise DataError(
            f"ledgers of {s.world.calendar.date(s.today.t)}: expected {payload}, got {make_closed(s)}"
        )
    s.decide()
