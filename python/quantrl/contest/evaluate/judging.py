"""How good the judges are: do they agree, do they reward length or position, do they foresee anything."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.agreement import Agreement
from quantrl.contest.evaluate.rank_ic import RankIC, realised_means
from quantrl.contest.evaluate.tables import Tables, pivot
from quantrl.contest.judges.panel import RUBRICS
from quantrl.contest.judges.quality import Sway, quality
from quantrl.errors import DataError
from quantrl.typing import FloatArray, IntArray, JsonObject


def judging(tables: Tables) -> JsonObject | None:
    """`quality` of the judges of a run as JSON; None where nobody was judged.

    Raises
    ------
    DataError
        A rubric that is none.
    """
    rows = tables.judgements.filter(pl.col("score").is_not_nan())
    if rows.height == 0:
        return None
    judges = rows["judge"].unique(maintain_order=True).sort().to_list()
    agents = tuple(rows["agent"].unique(maintain_order=True).to_list())
    days = rows["day"].unique().sort().to_numpy().astype(np.int64)
    scores, position, length = _arrays(rows, days, agents, judges)
    found = quality(
        scores,
        position,
        length,
        _realised(tables, days, agents),
        horizon=tables.summary.research_contest.horizon,
        seed=tables.summary.settings.seed,
    )
    return {
        "cards": found.judged,
        "judges": judges,
        "alpha": _alpha(found.agreement),
        "by_rubric": [
            {"rubric": rubric, "mean": number(_mean(scores[..., k])), **_alpha(found.by_rubric[rubric])}
            for k, rubric in enumerate(RUBRICS)
        ],
        "length": _sway(found.length),
        "position": _sway(found.position),
        "rank_ic": _skill(found.skill),
    }


def _arrays(
    rows: pl.DataFrame, days: IntArray, agents: tuple[str, ...], judges: list[str]
) -> tuple[FloatArray, IntArray, IntArray]:
    """Scores (D, A, J, 5), position (D, A, J) and length (D, A), as `quality` takes them."""
    day = np.searchsorted(days, rows["day"].to_numpy())
    agent, judge, rubric = (
        _places(rows[name], names)
        for name, names in (("agent", agents), ("judge", judges), ("rubric", RUBRICS))
    )
    scores = np.full((len(days), len(agents), len(judges), len(RUBRICS)), np.nan)
    position = np.full(scores.shape[:3], -1, dtype=np.int64)
    length = np.zeros(scores.shape[:2], dtype=np.int64)
    scores[day, agent, judge, rubric] = rows["score"].to_numpy()
    position[day, agent, judge] = rows["position"].to_numpy()
    length[day, agent] = rows["length"].to_numpy()
    return scores, position, length


def _places(names: pl.Series, known: Any) -> IntArray:
    place = {name: i for i, name in enumerate(known)}
    strange = next((name for name in names.unique() if name not in place), None)
    if strange is not None:
        raise DataError(
            f"judgements: column {names.name!r}: expected one of {', '.join(known)}, got {strange!r}"
        )
    return np.array([place[name] for name in names.to_list()], dtype=np.int64)


def _realised(tables: Tables, days: IntArray, agents: tuple[str, ...]) -> FloatArray:
    """(D, A) mean of what each agent earned over the horizon from each day on."""
    rows = tables.predictions.filter(pl.col("contest") == "research")
    all_days, realised = pivot(rows, "score", agents)
    ahead = realised_means(realised, tables.summary.research_contest.horizon)
    place = {int(day): i for i, day in enumerate(all_days)}
    nothing = np.full(len(agents), np.nan)
    return np.array([ahead[place[day]] if day in place else nothing for day in days.tolist()])


def _mean(scores: FloatArray) -> float:
    return float(scores[~np.isnan(scores)].mean())


def _alpha(found: Agreement) -> JsonObject:
    return {
        "value": number(found.alpha),
        "low": number(found.low),
        "high": number(found.high),
        "units": found.units,
        "reason": "ok" if np.isfinite(found.alpha) else "all scores are the same, or no card has two",
    }


def _sway(found: Sway) -> JsonObject:
    """Mean over the days of the rank correlation across agents, with its t."""
    return {
        "dates": found.dates,
        "mean": number(found.mean),
        "t": number(found.t),
        "reason": "ok" if found.dates else "no day with four agents that differ",
    }


def _skill(found: RankIC) -> JsonObject:
    return {
        "dates": found.n_dates,
        "mean": number(found.mean),
        "icir": number(found.icir),
        "t": number(found.t),
        "naive_t": number(found.naive_t),
        "reason": found.reason,
    }
