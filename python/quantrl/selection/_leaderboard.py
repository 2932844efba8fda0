"""Agents in the order of the last ranking, with how sure each number is."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl import metrics
from quantrl.errors import DataError
from quantrl.runs import open_run
from quantrl.selection._reasons import in_words
from quantrl.selection._told import last_changes, told
from quantrl.selection.lifecycle import STATES
from quantrl.selection.rank import posterior_draws
from quantrl.selection.recorded import is_recorded
from quantrl.typing import FloatArray, JsonObject

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.table import Table

    from quantrl.selection._accounts import Accounts
    from quantrl.selection._result import ContestResult


@dataclass(frozen=True)
class Leaderboard:
    """Rows as in ``report.json``, best first."""

    rows: list[JsonObject]

    def table(self) -> Table:
        """For a terminal."""
        from rich.table import Table

        table = Table(
            "pos", "agent", "state", "capital", "Sharpe [95 %]", "score", "P(top K)", "DSR", "max DD", "claim"
        )
        for row in self.rows:
            table.add_row(*(_cells(row)))
        return table


def leaderboard(run: ContestResult | str | Path) -> Leaderboard:
    """The leaderboard of a contest just run, or of a run folder.

    Raises
    ------
    RunError
        No such run.
    """
    if isinstance(run, str | Path):
        return Leaderboard(open_run(run).json("report.json")["leaderboard"])
    return Leaderboard(rows(run, trials=len(run.entrants)))


def rows(result: ContestResult, *, trials: int) -> list[JsonObject]:
    """One entry per agent.

    Parameters
    ----------
    result : ContestResult
    trials : int
        Configurations tried on this data: the N of the deflated Sharpe ratio.
    """
    step, count = result.last, len(result.entrants)
    seen = len(step.scores)
    order = [*step.ranking.order.tolist(), *range(seen, count)]
    low, high = _places(step.scores.mean, step.scores.sd, result.seed)
    chance = step.ranking.p_top_k(step.selection.k)
    chances = luck(result.accounts, result.labels, trials)
    lines = result.trail.lines[: result.n_bars]
    line: JsonObject = json.loads(lines[-1])
    held = set(json.loads(lines[-2])["selected"]) if len(lines) > 1 else set()
    view = result.ledger.as_of(int(result.time[-1]))
    rows_of = np.bincount(view["agent"], minlength=count)
    said = told(view, result.time, result.shares)
    changes = last_changes(lines, count)
    found = []
    for pos, i in enumerate(order, 1):
        known = i < seen
        entrant = result.entrants[i]
        name = f"agent:{entrant.label}"
        psr, dsr = chances[i]
        found.append(
            {
                "pos": pos,
                "pos_low": _number(low[i]) if known else None,
                "pos_high": _number(high[i]) if known else None,
                "agent": entrant.label,
                "id": entrant.id,
                "kind": entrant.kind,
                "summary": entrant.summary,
                "params": entrant.params,
                "state": STATES[int(step.states[i])] if known else STATES[0],
                "reasons": in_words(line, result.header["pipeline"], result.labels, i, i in held)
                if known
                else ["no row yet"],
                "capital": float(result.shares[-1, i]),
                "scale": float(result.scales[-1, i]),
                "sharpe": result.accounts.measures[name]["sharpe"],
                "mean": _number(step.scores.mean[i]) if known else None,
                "sd": _number(step.scores.sd[i]) if known else None,
                "key": _number(step.ranking.key[i]) if known else None,
                "p_top_k": _number(chance[i]) if known else None,
                "psr": psr,
                "dsr": dsr,
                "max_drawdown": result.accounts.value(name, "max_drawdown"),
                "turnover": result.accounts.value(name, "turnover"),
                "cost_bps_year": result.accounts.value(name, "cost_bps_year"),
                "rows": int(rows_of[i]),
                "n_eff": _number(step.scores.n_eff[i]) if known else None,
                "funded_share": float((result.shares[:, i] > 0).mean()),
                "brier_skill": said[i].brier_skill,
                "tokens": said[i].tokens,
                "usd": said[i].usd,
                "last_change": changes[i],
                "claim": claim(result, name),
            }
        )
    return found


def claim(result: ContestResult, name: str) -> str | None:
    """What may be said of an account against equal weight; no claim of skill is made here."""
    other = "book:equal_weight"
    if other not in result.accounts.names:
        return None
    gap = result.accounts.sharpe_gap(name, other)
    low, high = gap["low"], gap["high"]
    if low is None or high is None or low <= 0 <= high:
        return f"not distinguishable from equal weight over {result.n_bars} bars"
    side = "ahead of" if low > 0 else "behind"
    return f"{side} equal weight: interval excludes 0 (single comparison, not corrected for {len(result.entrants)} agents)"


def _places(mean: FloatArray, sd: FloatArray, seed: int) -> tuple[FloatArray, FloatArray]:
    if not np.isfinite(mean).any():
        nothing = np.full(len(mean), np.nan)
        return nothing, nothing
    low, _, high = posterior_draws(seed, len(mean)).positions(mean, sd)
    return low, high


def luck(accounts: Accounts, labels: Sequence[str], trials: int) -> list[tuple[float | None, float | None]]:
    """Probabilistic and deflated Sharpe ratio of each agent's account, as one of `trials`."""
    moments: list[Any] = []
    for label in labels:
        try:
            returns = accounts.returns[:, accounts.names.index(f"agent:{label}")]
            moments.append(metrics.SharpeMoments.of(np.ascontiguousarray(returns)))
        except DataError:
            moments.append(None)
    ratios = [m.sharpe for m in moments if m is not None]
    spread = float(np.std(ratios, ddof=1)) if len(ratios) > 1 else 0.0
    return [(_psr(m), _dsr(m, trials, spread)) for m in moments]


def _psr(moments: Any) -> float | None:
    try:
        return None if moments is None else metrics.probabilistic_sharpe(moments)
    except DataError:
        return None


def _dsr(moments: Any, trials: int, spread: float) -> float | None:
    if moments is None or spread <= 0 or trials < 2:
        return None
    try:
        return metrics.deflated_sharpe(moments, trials=float(trials), sd_trials=spread)
    except DataError:
        return None


def _number(value: float) -> float | None:
    number = float(value)
    return number if math.isfinite(number) else None


def _cells(row: JsonObject) -> list[str]:
    def show(value: float | None, form: str) -> str:
        return "" if value is None else format(value, form)

    sharpe = row["sharpe"]
    interval = "" if sharpe["low"] is None else f" [{sharpe['low']:.2f}, {sharpe['high']:.2f}]"
    score = show(row["mean"], ".3f") + ("" if row["sd"] is None else f" ± {row['sd']:.3f}")
    return [
        str(row["pos"]),
        row["agent"] + (f" (recorded, {row['params']['venue']})" if is_recorded(row["id"]) else ""),
        row["state"],
        show(row["capital"], ".0%") if row["capital"] else "",
        show(sharpe["value"], ".2f") + interval,
        score,
        show(row["p_top_k"], ".0%"),
        show(row["dsr"], ".2f"),
        show(row["max_drawdown"], ".1%"),
        row["claim"] or "",
    ]
