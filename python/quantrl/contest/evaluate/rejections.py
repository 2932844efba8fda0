"""What was refused, why, and who stood aside: abstain, hold, no documents, budget and rejected are different zeros."""

from __future__ import annotations

import polars as pl

from quantrl.contest.evaluate.tables import Tables
from quantrl.typing import JsonObject


def rejections(tables: Tables) -> JsonObject:
    """Counts of signals by fate, by reason and by agent, and of abstentions by reason."""
    rows = tables.signals
    refused = rows.filter(~pl.col("accepted"))
    return {
        "signals": rows.height,
        "accepted": rows.height - refused.height,
        "rejected": refused.height,
        "reasons": _counted(refused, "reason"),
        "by_agent": [
            _fates(agent, part) for (agent,), part in sorted(rows.partition_by("agent", as_dict=True).items())
        ],
        "abstentions": [
            {"reason": reason, "count": count}
            for reason, count in sorted(tables.summary.abstentions.items(), key=lambda one: (-one[1], one[0]))
        ],
        "fallback": tables.summary.fallback,
    }


def _fates(agent: object, rows: pl.DataFrame) -> JsonObject:
    accepted = rows.filter(pl.col("accepted"))
    by_action = {
        action: accepted.filter(pl.col("action") == action).height for action in ("buy", "sell", "hold")
    }
    rejected = rows.height - accepted.height
    return {"agent": agent, "signals": rows.height, "rejected": rejected, **by_action}


def _counted(rows: pl.DataFrame, column: str) -> list[JsonObject]:
    counts = rows.group_by(column).len().sort(["len", column], descending=[True, False])
    return [{"reason": reason or "no reason kept", "count": count} for reason, count in counts.iter_rows()]
