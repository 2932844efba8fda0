"""The same rows under every engine: who would have had the capital, and what each agent earned with it."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.books import ALONE, RANDOM, label_of
from quantrl.contest.evaluate.tables import Tables, pivot
from quantrl.typing import FloatArray, IntArray, JsonObject


def engines(tables: Tables) -> list[JsonObject]:
    """One entry for each engine that divides capital: mean shares, moves of capital, what each agent's part earned."""
    stored = tables.capital["engine"].unique(maintain_order=True).to_list()
    names = [name for name in stored if not name.startswith((RANDOM, ALONE))]
    days, net = agent_net(tables)
    return [_engine(tables, name, days, net) for name in names]


def agent_net(tables: Tables) -> tuple[IntArray, FloatArray]:
    """Days (D,) and net return (D, A) of each agent's own account on the days with capital; 0 where there is no row."""
    day_of = {at: day for day, at in tables.decided.items()}
    rows = tables.ledger.with_columns(
        day=pl.col("decided").replace_strict(day_of, default=-1, return_dtype=pl.Int64),
        net=pl.col("gross") - pl.col("cost"),
    ).filter(pl.col("day") >= 0)
    days, net = pivot(rows, "net", tables.agents)
    return days, np.nan_to_num(net)


def _engine(tables: Tables, name: str, days: IntArray, net: FloatArray) -> JsonObject:
    on, shares = tables.shares(name)
    matured = np.isin(on, days)
    earned = tables.stakes(name)[1][matured] * net[np.searchsorted(days, on[matured])]
    moved = np.abs(np.diff(shares, axis=0)).sum(axis=1)
    label, _ = label_of(name)
    return {
        "engine": name,
        "label": label,
        "days": len(on),
        "funded": number(float((shares > 0).sum(axis=1).mean())) if len(on) else None,
        "cash": number(float(1.0 - shares.sum(axis=1).mean())) if len(on) else None,
        "moved": number(float(moved.mean())) if len(moved) else None,
        "agents": [
            {
                "agent": agent,
                "share": number(float(shares[:, i].mean())) if len(on) else None,
                "earned": number(float(earned[:, i].sum())),
            }
            for i, agent in enumerate(tables.agents)
        ],
        "earned": number(float(earned.sum())),
    }
