"""How good the judges are: do they agree, do they reward length or position, do they foresee anything."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.agreement import agreement
from quantrl.contest.evaluate.newey_west import automatic_lag, newey_west_t
from quantrl.contest.evaluate.rank_ic import daily_ic, rank_ic, realised_means
from quantrl.contest.evaluate.tables import Tables, pivot
from quantrl.typing import FloatArray, JsonObject


def judging(tables: Tables) -> JsonObject | None:
    """Krippendorff's alpha by rubric and of the means, correlations with length and position, RankIC of the judge mean.

    None where nobody was judged.
    """
    rows = tables.judgements.filter(pl.col("score").is_not_nan())
    if rows.height == 0:
        return None
    seed = tables.summary.settings.seed
    judges = rows["judge"].unique(maintain_order=True).sort().to_list()
    rubrics = rows["rubric"].unique(maintain_order=True).to_list()
    overall = _alpha(
        rows.group_by("day", "agent", "judge", maintain_order=True).agg(pl.col("score").mean()), judges, seed
    )
    cards = rows.group_by("day", "agent", maintain_order=True).agg(
        pl.col("score").mean(), pl.col("position").mean(), pl.col("length").mean()
    )
    agents = tuple(cards["agent"].unique(maintain_order=True).to_list())
    days, score = pivot(cards, "score", agents)
    return {
        "cards": cards.height,
        "judges": judges,
        "alpha": overall,
        "by_rubric": [
            {
                "rubric": rubric,
                "mean": number(_mean(rows, rubric)),
                **_alpha(rows.filter(pl.col("rubric") == rubric), judges, seed),
            }
            for rubric in rubrics
        ],
        "length": _daily(score, pivot(cards, "length", agents)[1]),
        "position": _daily(score, pivot(cards, "position", agents)[1]),
        "rank_ic": _foresight(tables, days, agents, score),
    }


def _mean(rows: pl.DataFrame, rubric: str) -> float:
    return float(rows.filter(pl.col("rubric") == rubric)["score"].to_numpy().mean())


def _alpha(rows: pl.DataFrame, judges: list[str], seed: int) -> JsonObject:
    wide = rows.pivot("judge", index=["day", "agent"], values="score", aggregate_function="mean")
    table = wide.select(judges).fill_null(float("nan")).to_numpy()
    found = agreement(table, seed=seed)
    return {
        "value": number(found.alpha),
        "low": number(found.low),
        "high": number(found.high),
        "units": found.units,
        "reason": "ok" if np.isfinite(found.alpha) else "all scores are the same, or no card has two",
    }


def _daily(score: FloatArray, other: FloatArray) -> JsonObject:
    """Mean over the days of the rank correlation across agents, with its t."""
    daily = daily_ic(score, other)
    known = daily[np.isfinite(daily)]
    return {
        "dates": len(known),
        "mean": number(float(known.mean())) if len(known) else None,
        "t": number(newey_west_t(known, automatic_lag(len(known), 1))),
        "reason": "ok" if len(known) else "no day with four agents that differ",
    }


def _foresight(tables: Tables, days: np.ndarray, agents: tuple[str, ...], score: FloatArray) -> JsonObject:
    horizon = tables.summary.research_contest.horizon
    rows = tables.predictions.filter(pl.col("contest") == "research")
    all_days, realised = pivot(rows, "score", agents)
    ahead = realised_means(realised, horizon)
    place = {int(day): i for i, day in enumerate(all_days)}
    matched = np.array(
        [ahead[place[int(day)]] if int(day) in place else np.full(len(agents), np.nan) for day in days]
    )
    found = rank_ic(score, matched, horizon=horizon)
    return {
        "dates": found.n_dates,
        "mean": number(found.mean),
        "icir": number(found.icir),
        "t": number(found.t),
        "naive_t": number(found.naive_t),
        "reason": found.reason,
    }
