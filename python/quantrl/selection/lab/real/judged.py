"""Everything the page of the real pool says, as plain values."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl import metrics
from quantrl.selection._accounts import Accounts
from quantrl.selection.lab.real.entry import FINRL
from quantrl.selection.lab.real.grid import CONTROLS, kind_of
from quantrl.selection.lab.real.paper import on_paper
from quantrl.selection.lab.real.skill import AGENTS, EQUAL, number, tested
from quantrl.selection.lab.real.window import WARM_UP, counted
from quantrl.selection.rival import CONTEST, DELAYED, book_label
from quantrl.typing import FloatArray, JsonObject
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.selection._result import ContestResult

DRAWS, BLOCK = 2_000, 10.0
MONTH = 21
_LABELS = {
    CONTEST: "Selector, at its defaults",
    FINRL: "Best of the last quarter (FinRL)",
    DELAYED: "Selector, results known one bar later",
}
_MEASURES = ("sharpe", "cagr", "vol", "max_drawdown", "turnover", "cost_bps_year", "exposure")


def figures(result: ContestResult) -> JsonObject:
    """Books, intervals, tests, and who was adopted, over the bars that count.

    Raises
    ------
    ConfigError
        Too few bars.
    """
    accounts, skill = counted(result), tested(result)
    shares = result.shares[WARM_UP:]
    agents = _agents(result, accounts, shares, _adjusted(skill))
    return {
        "data": _data(result),
        "settings": {
            **result.settings.to_config(),
            "seed": result.seed,
            "selection": {**result.header["pipeline"], "max_gross": result.header["max_gross"]},
        },
        "books": [_book(accounts, name) for name in result.book_names],
        "growth": _growth(result, accounts),
        "versus": _versus(accounts, result.book_names),
        "skill": skill,
        "capital": _capital(result, shares),
        "agents": agents,
        "kinds": _kinds(agents),
        "paper": on_paper(result),
        "errors": len(result.errors),
        "last_line_sha": hashlib.sha256(result.trail.lines[result.n_bars - 1].encode()).hexdigest(),
    }


def _data(result: ContestResult) -> JsonObject:
    panel = result.panel
    return {
        "name": panel.name,
        "id": panel.id,
        "source": panel.source,
        "flags": list(panel.flags),
        "start": iso_date(int(panel.time[0])),
        "counted_from": iso_date(int(panel.time[WARM_UP])),
        "end": iso_date(int(panel.time[-1])),
        "bars": panel.n_bars,
        "counted": panel.n_bars - WARM_UP,
        "instruments": panel.n_instruments,
        "periods_per_year": panel.periods_per_year,
    }


def _growth(result: ContestResult, accounts: Accounts) -> JsonObject:
    """Value of each book every `MONTH` bars, 1 where counting starts; the last bar is the last value."""
    level = np.cumprod(1.0 + accounts.returns[:, : len(result.book_names)], axis=0)
    bars = [*range(MONTH - 1, len(level) - 1, MONTH), len(level) - 1]
    dates = [iso_date(int(t)) for t in result.time[[WARM_UP - 1, *(WARM_UP + bar for bar in bars)]]]
    books = {name: [1.0, *level[bars, i].tolist()] for i, name in enumerate(result.book_names)}
    return {"dates": dates, "books": books}


def _book(accounts: Accounts, name: str) -> JsonObject:
    measures = accounts.measures[f"book:{name}"]
    return {"name": name, "label": _label(name), **{key: measures[key] for key in _MEASURES}}


def _label(name: str) -> str:
    return _LABELS.get(name, book_label(name)[0])


def _versus(accounts: Accounts, names: tuple[str, ...]) -> list[JsonObject]:
    """The contest's Sharpe ratio less each other book's; p-values of all comparisons adjusted together."""
    own = _column(accounts, CONTEST)
    others = [name for name in names if name not in (CONTEST, DELAYED)]
    gaps = [
        metrics.sharpe_difference(
            own,
            _column(accounts, name),
            periods_per_year=accounts.periods_per_year,
            draws=DRAWS,
            block=BLOCK,
            seed=accounts.seed,
            alternative="two_sided",
        )
        for name in others
    ]
    chances = [1.0 if math.isnan(gap.p_value) else gap.p_value for gap in gaps]
    return [
        {
            "other": name,
            "label": _label(name),
            "value": number(gap.value),
            "low": number(gap.low),
            "high": number(gap.high),
            "p": p,
            "holm": adjusted,
        }
        for name, gap, p, adjusted in zip(others, gaps, chances, metrics.holm(chances).tolist(), strict=True)
    ]


def _column(accounts: Accounts, book: str) -> FloatArray:
    return np.ascontiguousarray(accounts.returns[:, list(accounts.names).index(f"book:{book}")])


def _adjusted(skill: JsonObject) -> dict[str, float | None]:
    """Step-down p-value of each agent against equal weight."""
    found: dict[str, float | None] = next(
        one["adjusted"] for one in skill["superiority"] if one["group"] == AGENTS and one["against"] == EQUAL
    )
    return found


def _capital(result: ContestResult, shares: FloatArray) -> JsonObject:
    funded = shares > 0
    return {
        "mean_funded": float(funded.sum(axis=1).mean()),
        "all_cash": float((~funded.any(axis=1)).mean()),
        "ever_funded": int(funded.any(axis=0).sum()),
        "turnover": float(
            np.abs(np.diff(shares, axis=0)).sum(axis=1).mean() * result.accounts.periods_per_year
        ),
        "controls": float(
            shares[:, [kind_of(label) in CONTROLS for label in result.labels]].sum(axis=1).mean()
        ),
    }


def _agents(
    result: ContestResult, accounts: Accounts, shares: FloatArray, adjusted: dict[str, float | None]
) -> list[JsonObject]:
    """By capital, then by name of entry."""
    rows: list[JsonObject] = []
    for i, entrant in enumerate(result.entrants):
        measures = accounts.measures[f"agent:{entrant.label}"]
        rows.append(
            {
                "agent": entrant.label,
                "kind": kind_of(entrant.label),
                "capital": float(shares[:, i].mean()),
                "funded_share": float((shares[:, i] > 0).mean()),
                "sharpe": {key: measures["sharpe"][key] for key in ("value", "low", "high")},
                "turnover": measures["turnover"]["value"],
                "max_drawdown": measures["max_drawdown"]["value"],
                "adjusted_p": adjusted[entrant.label],
            }
        )
    return sorted(rows, key=lambda row: -row["capital"])


def _kinds(agents: list[JsonObject]) -> list[JsonObject]:
    """By capital: how many agents of a rule there are, their Sharpe ratios, what they were given."""
    kinds: dict[str, list[JsonObject]] = {}
    for row in agents:
        kinds.setdefault(row["kind"], []).append(row)
    found: list[dict[str, Any]] = []
    for kind, rows in kinds.items():
        ratios = [row["sharpe"]["value"] for row in rows if row["sharpe"]["value"] is not None]
        found.append(
            {
                "kind": kind,
                "agents": len(rows),
                "control": kind in CONTROLS,
                "capital": float(sum(row["capital"] for row in rows)),
                "median": number(float(np.median(ratios))) if ratios else None,
                "least": min(ratios, default=None),
                "most": max(ratios, default=None),
            }
        )
    return sorted(found, key=lambda row: (-row["capital"], row["kind"]))
