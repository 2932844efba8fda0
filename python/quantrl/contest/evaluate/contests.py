"""Whether the predictions of each contest order what came: RankIC, its t-statistics, chosen against the rest."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.cutoff import cutoff_of
from quantrl.contest.evaluate.newey_west import automatic_lag, newey_west_t
from quantrl.contest.evaluate.rank_ic import RankIC, rank_ic, realised_means
from quantrl.contest.evaluate.tables import Tables, pivot
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import BP, iso_date

CONTESTS = ("data", "research")


def contests(tables: Tables) -> list[JsonObject]:
    """One entry for each contest that predicted anything."""
    return [found for found in (_contest(tables, name) for name in CONTESTS) if found is not None]


def _contest(tables: Tables, name: str) -> JsonObject | None:
    rows = tables.predictions.filter(pl.col("contest") == name)
    if rows.height == 0:
        return None
    agents = tuple(rows["agent"].unique(maintain_order=True).to_list())
    days, u = pivot(rows, "u", agents)
    _, score = pivot(rows, "score", agents)
    horizon = _horizon(tables, name)
    ahead = realised_means(score, horizon)
    cutoff = cutoff_of(tables)
    parts = []
    for label, inside in cutoff.parts(tables):
        keep = inside(days)[:, None]
        parts.append({"span": label, **_quality(rank_ic(np.where(keep, u, np.nan), ahead, horizon=horizon))})
    daily = rank_ic(u, ahead, horizon=horizon).daily
    dates = [iso_date(tables.decided[day]) if day in tables.decided else None for day in days.tolist()]
    return {
        "contest": name,
        "agents": len(agents),
        "days": len(days),
        "horizon": horizon,
        "warm": number(float(rows["warm"].mean())),  # type: ignore[arg-type]
        "cutoff": cutoff.words,
        "rank_ic": parts,
        "series": {"day": days.tolist(), "date": dates, "ic": [number(value) for value in daily]},
        "by_agent": [_agent(agent, u[:, i], score[:, i]) for i, agent in enumerate(agents)],
        "chosen": _chosen(tables) if name == "data" else None,
    }


def _horizon(tables: Tables, name: str) -> int:
    summary = tables.summary
    return summary.data_contest.horizon if name == "data" else summary.research_contest.horizon


def _quality(found: RankIC) -> JsonObject:
    return {
        "dates": found.n_dates,
        "mean": number(found.mean),
        "icir": number(found.icir),
        "t": number(found.t),
        "naive_t": number(found.naive_t),
        "lag": found.lag,
        "reason": found.reason,
    }


def _agent(agent: str, u: FloatArray, score: FloatArray) -> JsonObject:
    known = score[np.isfinite(score)]
    return {
        "agent": agent,
        "matured": len(known),
        "abstained": int(np.isnan(u).sum()),
        "mean_score": number(float(known.mean())) if len(known) else None,
        "t": number(newey_west_t(score, automatic_lag(len(known), 1))),
        "mean_u": number(float(np.nanmean(u))) if np.isfinite(u).any() else None,
    }


def _chosen(tables: Tables) -> JsonObject | None:
    """Mean implied return of the factors read, less that of all factors there were: what choosing was worth."""
    rows = tables.factors.filter(pl.col("implied").is_not_nan())
    if rows.height == 0:
        return None
    by_day = rows.group_by("day").agg(
        pl.col("implied").filter(pl.col("chosen")).mean().alias("read"), pl.col("implied").mean().alias("all")
    )
    by_day = by_day.drop_nulls().sort("day")
    lead = (by_day["read"] - by_day["all"]).to_numpy()
    return {
        "days": len(lead),
        "read_bps": _bps(by_day["read"].to_numpy()),
        "all_bps": _bps(by_day["all"].to_numpy()),
        "lead_bps": _bps(lead),
        "t": number(newey_west_t(lead, automatic_lag(len(lead), 1))),
        "share_read": number(float(tables.factors["chosen"].mean())),  # type: ignore[arg-type]
        "fallback": int(tables.factors["fallback"].sum()),
    }


def _bps(values: FloatArray) -> float | None:
    return number(float(values.mean()) / BP) if len(values) else None
