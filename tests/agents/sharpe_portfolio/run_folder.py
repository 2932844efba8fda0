"""A training run's folder on disk, as the manifest describes it, whose policies are named in plain text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agents.sharpe_portfolio.worlds import CONFIG, folds
from quantrl.data import Panel
from quantrl.envs import Market

SEEDS = (0, 1)


def manifest(panel: Panel, **changes: Any) -> dict[str, Any]:
    """What a training leaves."""
    found = {
        "kind": "train",
        "agent": "sharpe_portfolio",
        "id": "study-1",
        "name": "study",
        "command": "quantrl train sharpe_portfolio --data world",
        "code_version": "0",
        "status": "done",
        "market_id": Market.of(panel, CONFIG).id,
        "action_bounds": {"w_min": 0.0, "w_max": 1.0, "cash_max": 1.0},
        "data": {
            "id": panel.id,
            "window": "1970-01-02..1971-08-25",
            "source": "world",
            "section": {},
            "bars": panel.n_bars,
            "instruments": list(panel.instruments),
            "flags": [],
        },
        "folds": [
            {"index": f.index, "train": f.train, "validation": f.validation, "test": f.test} for f in folds()
        ],
        "env": CONFIG.model_dump(mode="json"),
        "train": {"algo": "ppo", "net": "asset_conv", "steps": 1000},
        "seeds": list(SEEDS),
        "runs": [{"fold": 2, "seed": 1, "status": "diverged"}],
    }
    return found | changes


def write(root: Path, panel: Panel, *, without: tuple[tuple[int, int], ...] = (), **changes: Any) -> Path:
    """The folder ``root/study-1``; fold and seed pairs in `without` have no policy."""
    folder = root / "study-1"
    for fold in folds():
        for seed in SEEDS:
            place = folder / "folds" / str(fold.index) / f"seed{seed}"
            place.mkdir(parents=True)
            if (fold.index, seed) not in without:
                (place / "policy.json").write_text(json.dumps({"seed": seed}), encoding="utf-8")
    (folder / "manifest.json").write_text(json.dumps(manifest(panel, **changes)), encoding="utf-8")
    return folder
