"""Who earned what of the book: capital times each agent's own net return, what netting saved, and the rest."""

from __future__ import annotations

import polars as pl

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.tables import Tables
from quantrl.typing import JsonObject

NETTING, DRIFT = "netting", "drift"
PARTS = {
    NETTING: "orders that cancelled each other",
    DRIFT: "names held by units, orders without a price",
}
"""How a reader calls what no agent earned."""


def earned(tables: Tables) -> list[JsonObject]:
    """Sums of daily net returns, the largest of the agents first, then netting and drift; together those of the book.

    Empty where a run kept none.
    """
    sums = (
        tables.attribution.group_by("part", "agent", maintain_order=True)
        .agg(pl.col("earned").sum())
        .sort("earned", descending=True, maintain_order=True)
    )
    rows = [
        {"part": part, "agent": agent, "earned": number(value)} for part, agent, value in sums.iter_rows()
    ]
    rest = (NETTING, DRIFT)
    ends = sorted((row for row in rows if row["part"] in rest), key=lambda row: rest.index(row["part"]))
    return [*(row for row in rows if row["part"] not in rest), *ends]
