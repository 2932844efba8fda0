"""``quantrl contest explain``: one day of a contest, as a whole or for one agent, from the tables alone."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.llm.cost import usd_of
from quantrl.contest.predict import DELAY
from quantrl.contest.predict.features import NAMES, SPAN, features
from quantrl.contest.report._read import lines_of
from quantrl.contest.report._spoken import spoken_agent, spoken_day
from quantrl.errors import ConfigError
from quantrl.typing import JsonObject
from quantrl.units import iso_date


@dataclass(frozen=True)
class Explanation:
    """Plain values, and the same as text for a terminal.

    Attributes
    ----------
    json : dict
        Finite numbers or None.
    text : str
    """

    json: JsonObject
    text: str


def explain(tables: Tables, agent: str | None = None, date: str | None = None) -> Explanation:
    """Why capital went where it went.

    Parameters
    ----------
    tables : Tables
    agent : str, optional
        A researcher, an entrant or a data agent; without it the day as a whole.
    date : str, optional
        ISO date; the newest decision up to it, the last one without it.

    Raises
    ------
    ConfigError
        No such agent, not a date, or one before the first decision.
    """
    day = _day(tables, date)
    if agent is None:
        found = _whole(tables, day)
        return Explanation(found, spoken_day(found))
    known = {*tables.agents, *tables.predictions["agent"].to_list(), *tables.factors["agent"].to_list()}
    if agent not in known:
        raise ConfigError(f"agent: expected one of {', '.join(sorted(known))}, got {agent!r}")
    found = _agent(tables, agent, day)
    return Explanation(found, spoken_agent(found))


def _day(tables: Tables, date: str | None) -> int:
    if not tables.decided:
        raise ConfigError("the run holds no decision")
    if date is None:
        return max(tables.decided)
    try:
        asked = datetime.date.fromisoformat(date).isoformat()
    except ValueError:
        raise ConfigError(f"date: expected YYYY-MM-DD, got {date!r}") from None
    before = [day for day, at in tables.decided.items() if iso_date(at) <= asked]
    if not before:
        first = iso_date(min(tables.decided.values()))
        raise ConfigError(f"date: the first decision is of {first}, got {date}")
    return max(before)


def _whole(tables: Tables, day: int) -> JsonObject:
    engine = tables.summary.research_contest.engine
    capital = _on(tables.capital, day).filter(pl.col("engine") == engine)
    predicted = _on(tables.predictions, day).filter(pl.col("contest") == "research")
    u = {row["agent"]: row for row in predicted.iter_rows(named=True)}
    agents = [
        {
            "agent": row["agent"],
            "share": row["share"],
            "u": number(u[row["agent"]]["u"]) if row["agent"] in u else None,
            "warm": bool(u[row["agent"]]["warm"]) if row["agent"] in u else None,
            "judges": _judged(tables, row["agent"], day)["mean"],
            "signals": _on(tables.signals, day)
            .filter((pl.col("agent") == row["agent"]) & pl.col("accepted"))
            .height,
        }
        for row in capital.iter_rows(named=True)
    ]
    agents.sort(key=lambda one: (-one["share"], one["agent"]))
    factors = [
        {
            "agent": row["agent"],
            "tokens": row["tokens"],
            "lines": row["lines"],
            "u": number(row["u"]),
            "chosen": row["chosen"],
        }
        for row in _on(tables.factors, day).sort("agent").iter_rows(named=True)
    ]
    return {
        **_head(tables, day),
        "engine": engine,
        "agents": agents,
        "cash": 1.0 - sum(one["share"] for one in agents),
        "factors": factors,
        "targets": _targets(tables, capital, day),
        "net": _net(tables, day),
    }


def _agent(tables: Tables, agent: str, day: int) -> JsonObject:
    predicted = tables.predictions.filter(pl.col("agent") == agent).sort("day")
    today = _on(predicted, day)
    capital = _on(tables.capital, day).filter(pl.col("agent") == agent)
    shares = {
        row["engine"]: row["share"]
        for row in capital.iter_rows(named=True)
        if not row["engine"].startswith(("random:", "alone:"))
    }
    factor = _on(tables.factors, day).filter(pl.col("agent") == agent)
    return {
        **_head(tables, day),
        "agent": agent,
        "kind": tables.summary.kinds.get(agent),
        "u": number(today["u"][0]) if today.height else None,
        "warm": bool(today["warm"][0]) if today.height else None,
        "known_scores": _known(tables, predicted, day),
        "shares": shares,
        "signals": [
            _signal(row)
            for row in _on(tables.signals, day).filter(pl.col("agent") == agent).iter_rows(named=True)
        ],
        "judges": _judged(tables, agent, day),
        "weights": {
            row["symbol"]: row["weight"]
            for row in _on(tables.weights, day).filter(pl.col("agent") == agent).iter_rows(named=True)
            if row["weight"]
        },
        "factor": {name: _plain(factor[name][0]) for name in factor.columns} if factor.height else None,
        "lines": lines_of(tables.folder, agent, day) if factor.height else [],
        "cost": _spent(tables, agent, day),
    }


def _head(tables: Tables, day: int) -> JsonObject:
    return {"run": tables.summary.run, "day": day, "date": iso_date(tables.decided[day])}


def _on(rows: pl.DataFrame, day: int) -> pl.DataFrame:
    return rows.filter(pl.col("day") == day)


def _known(tables: Tables, predicted: pl.DataFrame, day: int) -> JsonObject:
    """Scores that had matured at the decision: those of `DELAY` days before and older, less what came later than that."""
    newest, late = day - DELAY, dict(zip(tables.days.tolist(), tables.matured.tolist(), strict=True))
    while late.get(newest, 0) > tables.decided[day]:
        newest -= 1
    scores = {
        row["day"]: row["score"]
        for row in predicted.iter_rows(named=True)
        if row["day"] <= newest and row["score"] == row["score"]
    }
    window = np.array([scores.get(newest - back, np.nan) for back in reversed(range(SPAN))])
    made = dict(zip(NAMES, features(window).tolist(), strict=True)) if np.isfinite(window).any() else None
    return {"count": len(scores), "newest": [number(score) for score in window], "features": made}


def _signal(row: dict[str, Any]) -> JsonObject:
    return {
        "symbol": row["symbol"],
        "action": row["action"],
        "probability": row["probability"],
        "accepted": row["accepted"],
        "reason": row["reason"],
        "realised": number(row["realised"]),
        "evidence": _read(row["evidence"]),
        "limitations": _read(row["limitations"]),
    }


def _read(text: str) -> Any:
    try:
        return json.loads(text) if text else []
    except ValueError:
        return [text]


def _judged(tables: Tables, agent: str, day: int) -> JsonObject:
    rows = _on(tables.judgements, day).filter((pl.col("agent") == agent) & pl.col("score").is_not_nan())
    if rows.height == 0:
        return {"mean": None, "by_judge": {}, "by_rubric": {}}

    def means(name: str) -> dict[str, float]:
        found = rows.group_by(name, maintain_order=True).agg(pl.col("score").mean())
        return {key: float(value) for key, value in found.iter_rows()}

    return {
        "mean": float(rows["score"].to_numpy().mean()),
        "by_judge": means("judge"),
        "by_rubric": means("rubric"),
    }


def _spent(tables: Tables, agent: str, day: int) -> JsonObject:
    on = iso_date(tables.decided[day])
    lines = [line for line in tables.calls if line.get("agent") == agent and line.get("day") == on]
    usd = [usd_of(line) for line in lines]
    return {
        "replies": len(lines),
        "tokens": sum((line.get("input_tokens") or 0) + (line.get("output_tokens") or 0) for line in lines),
        "usd": None if None in usd else float(sum(usd)),  # type: ignore[arg-type]
    }


def _targets(tables: Tables, capital: pl.DataFrame, day: int) -> dict[str, float]:
    joined = capital.join(_on(tables.weights, day), on=["day", "agent"], how="inner").sort("agent", "symbol")
    scale = pl.col("scale") if "scale" in joined.columns else 1.0
    netted = (
        joined.group_by("symbol")
        .agg((pl.col("share") * scale * pl.col("weight")).sum().alias("weight"))
        .sort("symbol")
    )
    return {symbol: weight for symbol, weight in netted.iter_rows() if abs(weight) > 1e-12}


def _net(tables: Tables, day: int) -> float | None:
    rows = _on(tables.returns, day).filter(pl.col("engine") == "book")
    return number(rows["net"][0]) if rows.height else None


def _plain(value: Any) -> Any:
    return number(value) if isinstance(value, float) else value
