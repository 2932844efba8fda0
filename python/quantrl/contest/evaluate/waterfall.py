"""From gross to net: what fees, slippage and inference took."""

from __future__ import annotations

import numpy as np

from quantrl.contest.evaluate.accounts import number
from quantrl.contest.evaluate.tables import BOOK, Tables
from quantrl.contest.llm.cost import usd_of
from quantrl.metrics import sharpe
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import iso_date


def waterfall(tables: Tables, engine: str = BOOK) -> JsonObject:
    """Steps that add up, as sums of daily fractions of equity, with the Sharpe ratio after each.

    Parameters
    ----------
    tables : Tables
    engine : str

    Returns
    -------
    dict
        ``steps`` of ``name change level sharpe``; ``split`` says where fees and slippage could be told apart, ``inference``
        what was charged for answers of models.
    """
    gross, cost = tables.column(engine, "gross"), tables.column(engine, "cost")
    slippage, split = _slippage(tables, engine, cost)
    charged, inference = _inference(tables, gross - cost)
    periods = tables.summary.periods_per_year
    steps: list[JsonObject] = []
    level = gross.copy()
    steps.append(_step("gross", gross, level, periods))
    parts = (
        [("fees and slippage", cost)]
        if slippage is None
        else [("fees", cost - slippage), ("slippage", slippage)]
    )
    for name, taken in [*parts, ("inference", charged)]:
        level = level - taken
        steps.append(_step(name, -taken, level, periods))
    steps.append(_step("net", level, level, periods))
    return {"engine": engine, "days": len(gross), "steps": steps, "split": split, "inference": inference}


def _step(name: str, change: FloatArray, level: FloatArray, periods: float) -> JsonObject:
    ratio = sharpe(level, periods_per_year=periods) if len(level) >= 2 else None
    return {
        "name": name,
        "change": number(float(change.sum())),
        "level": number(float(level.sum())),
        "sharpe": None if ratio is None else number(float(ratio)),
    }


def _slippage(tables: Tables, engine: str, cost: FloatArray) -> tuple[FloatArray | None, str]:
    """Slippage a day, recorded or worked out from rates that are the same for every trade; None where it cannot be."""
    if "slippage" in tables.returns.columns:
        return tables.column(engine, "slippage"), "recorded"
    costs = {name: value or 0.0 for name, value in tables.summary.settings.costs.items()}
    one_rate = not any(costs.get(name) for name in ("fixed", "minimum", "buy_bps", "sell_bps"))
    fees, slip = costs.get("bps", 0.0), costs.get("slippage_bps", 0.0)
    if not one_rate:
        return None, "fees are not in proportion to what is traded, so they cannot be told from slippage"
    if fees + slip <= 0:
        return np.zeros_like(cost), "in proportion to the rates"
    return cost * slip / (fees + slip), "in proportion to the rates"


def _inference(tables: Tables, net: FloatArray) -> tuple[FloatArray, JsonObject]:
    """Cost of answers over equity, by day, and how much it was in USD."""
    usd: dict[str, float] = {}
    unpriced = 0
    for line in tables.calls:
        price = usd_of(line)
        if price is None:
            unpriced += 1
        else:
            day = str(line.get("day"))
            usd[day] = usd.get(day, 0.0) + float(price)
    dates = [iso_date(tables.decided[int(day)]) if int(day) in tables.decided else "" for day in tables.days]
    paid = np.array([usd.get(day, 0.0) for day in dates])
    start = tables.summary.settings.initial_cash
    equity = start * np.concatenate([[1.0], np.cumprod(1.0 + net)[:-1]]) if len(net) else np.zeros(0)
    charged = np.where(equity > 0, paid / np.where(equity > 0, equity, 1.0), 0.0)
    facts: JsonObject = {
        "usd": number(sum(usd.values())),
        "usd_in_days_shown": number(float(paid.sum())),
        "replies_without_price": unpriced,
    }
    return charged, facts
