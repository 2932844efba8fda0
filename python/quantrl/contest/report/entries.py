"""Rows of the net table and of the leaderboard, in the form every report of the package has."""

from __future__ import annotations

import numpy as np
import polars as pl

from quantrl.contest.evaluate.accounts import entry, number, undefined
from quantrl.contest.evaluate.books import Books, label_of
from quantrl.contest.evaluate.tables import BOOK, EQUAL, Tables
from quantrl.contest.evaluate.turnover import target_turnover
from quantrl.typing import JsonObject

RANDOM_BOOK = "random_k"


def book_entries(books: Books) -> list[JsonObject]:
    """Accounts of more than one agent and random choice, the contest's own first."""
    made = [_book(books, name) for name in books.shared]
    place = next((i for i, row in enumerate(made) if row["role"] == "market"), len(made))
    return [*made[:place], *_random(books), *made[place:]]


def _book(books: Books, name: str) -> JsonObject:
    label, role = label_of(name)
    psr, dsr = books.luck[name]
    own = name == BOOK
    return {
        "name": name,
        "label": label,
        "role": role,
        "measures": {**books.accounts.measures(name), "turnover": _turnover(books.tables, name)},
        "sharpe_minus_contest": None if own else _short(books, name),
        "versus_equal": None if name == EQUAL else books.gap(name).json(),
        "verdict": None if name == EQUAL else books.verdict(name),
        "psr": psr,
        "dsr": dsr,
    }


def _short(books: Books, name: str) -> JsonObject:
    found = books.gap(name, BOOK).json()
    return {end: found[end] for end in ("value", "low", "high")}


def _turnover(tables: Tables, name: str) -> JsonObject:
    engine = tables.summary.research_contest.engine if name == BOOK else name
    value = target_turnover(tables, engine)
    return entry(value) if np.isfinite(value) else undefined("no weights of its own are stored")


def _random(books: Books) -> list[JsonObject]:
    drawn = books.random
    if drawn is None:
        return []
    gap = books.random_gap()
    return [
        {
            "name": RANDOM_BOOK,
            "label": f"Random choice, mean and range of {len(drawn.names)} seeds",
            "role": "baseline",
            "measures": books.random_measures(),
            "sharpe_minus_contest": {
                "value": number(-gap.value),
                "low": number(-gap.high),
                "high": number(-gap.low),
            },
            "versus_equal": None,
            "verdict": None,
            "psr": None,
            "dsr": None,
        }
    ]


def board_entries(books: Books) -> list[JsonObject]:
    """Agents by the newest u, those without one last; of equals the higher Sharpe ratio, then the name, comes first."""
    tables = books.tables
    newest = _newest_u(tables)
    _, shares = tables.shares(tables.summary.research_contest.engine)
    rows = [_agent(books, agent, i, shares, newest) for i, agent in enumerate(tables.agents)]
    rows.sort(key=lambda row: (-_or_least(row["key"]), -_or_least(row["sharpe"]["value"]), row["agent"]))
    return [{"pos": place, **row} for place, row in enumerate(rows, 1)]


def _agent(books: Books, agent: str, column: int, shares: np.ndarray, newest: dict[str, float]) -> JsonObject:
    tables = books.tables
    account = books.agents.get(agent)
    measures = books.accounts.measures(account) if account else {}
    psr, dsr = books.luck[account] if account else (None, None)
    share = float(shares[-1, column]) if len(shares) else 0.0
    own = tables.ledger.filter(pl.col("agent") == agent)
    kind = tables.summary.kinds.get(agent)
    return {
        "agent": agent,
        "id": agent.partition(":")[0],
        "kind": tables.summary.models.get(agent) or kind or "agent",
        "state": "active" if share > 0 else "candidate",
        "reasons": [] if share > 0 else ["u is not above 0, or no signal today"],
        "capital": share,
        "key": number(newest.get(agent, float("nan"))),
        "sharpe": measures.get("sharpe", undefined("no account of its own is stored")),
        "psr": psr,
        "dsr": dsr,
        "max_drawdown": measures.get("max_drawdown", undefined(""))["value"],
        "cost_bps_year": measures.get("cost_bps_year", undefined(""))["value"],
        "rows": own.height,
        "acted": int((own["acted"] > 0).sum()),
        "funded_share": number(float((shares[:, column] > 0).mean())) if len(shares) else None,
        "earned_alone": measures.get("total", undefined("")),
        "claim": books.verdict(account) if account else None,
        "apart": account is not None and not books.gap(account).holds_zero,
    }


def _newest_u(tables: Tables) -> dict[str, float]:
    rows = tables.predictions.filter(pl.col("contest") == "research")
    if rows.height == 0:
        return {}
    last = rows.filter(pl.col("day") == rows["day"].max())
    return dict(zip(last["agent"].to_list(), last["u"].to_list(), strict=True))


def _or_least(value: float | None) -> float:
    return float("-inf") if value is None else value
