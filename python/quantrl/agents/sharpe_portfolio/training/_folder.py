"""What the run folder of a portfolio training says of itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training import checkpoint, folder
from quantrl.envs import action_bounds
from quantrl.runs import code_version, sha256_json
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.agents.sharpe_portfolio.training.plan import Plan


def begin(path: Path, plan: Plan, run: str, command: str) -> dict[str, Any]:
    """Write config and manifest with status ``running``; returns the manifest."""
    sections: dict[str, Any] = {
        "name": plan.name,
        "data": plan.data,
        "env": folder.settings(plan.env.model_dump(mode="json")),
        "train": folder.settings(plan.train.model_dump(mode="json")),
    }
    header = _header(plan, run, command)
    folder.begin(path, sections, header)
    return header


def _header(plan: Plan, run: str, command: str) -> dict[str, Any]:
    market = plan.market
    env, train = plan.env.model_dump(mode="json"), plan.train.model_dump(mode="json")
    w_min, w_max, cash_max = action_bounds(plan.env, market)
    return {
        "schema": 1,
        "kind": "train",
        "agent": "sharpe_portfolio",
        "id": run,
        "name": plan.name,
        "command": command,
        "status": "running",
        "code_version": code_version(),
        "versions": checkpoint.versions(),
        "config_sha": sha256_json([env, plan.train.trial()]),
        "market_id": market.id,
        "data": {
            "id": plan.data_id,
            "window": plan.window,
            "source": plan.panel.source,
            "section": plan.data,
            "bars": plan.panel.n_bars,
            "instruments": list(plan.panel.instruments),
            "columns": list(market.columns),
            "periods_per_year": market.periods_per_year,
            "flags": list(plan.panel.flags),
        },
        "folds": [_fold(plan, fold) for fold in plan.folds],
        "env": env,
        "train": train,
        "seeds": plan.seeds,
        "action_bounds": {"w_min": w_min, "w_max": w_max, "cash_max": cash_max},
        "runs": [],
    }


def _fold(plan: Plan, fold: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"index": fold.index, "dates": {}}
    for name in ("train", "validation", "test"):
        start, stop = getattr(fold, name)
        found[name] = [start, stop]
        time = plan.panel.time
        found["dates"][name] = [iso_date(int(time[start])), iso_date(int(time[stop - 1]))]
    return found
