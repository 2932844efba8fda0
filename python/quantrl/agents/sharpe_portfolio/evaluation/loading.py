"""A training run's folder as a study: its data, its policies and the trials it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl import _core
from quantrl.agents.sharpe_portfolio.evaluation.controls import Floats
from quantrl.agents.sharpe_portfolio.evaluation.study import Study
from quantrl.agents.sharpe_portfolio.evaluation.trials import TrialCount
from quantrl.agents.sharpe_portfolio.evaluation.walking import Policy
from quantrl.backtest import Fold
from quantrl.envs import Market, PortfolioConfig
from quantrl.errors import DataError, RunError
from quantrl.runs import Run, TrialLedger
from quantrl.typing import FloatArray, JsonObject

if TYPE_CHECKING:
    from quantrl.data import Panel

FAMILY = "sharpe_portfolio"


@dataclass(frozen=True, eq=False)
class Loaded:
    """A trained policy on a market.

    Attributes
    ----------
    native : bound policy
        Index observations in, actions out.
    spread : (K + 1,) float64, optional
        Standard deviation of its exploration, where the policy file has it. A policy trained on names drawn anew has
        one for each place a name can be drawn to: every name gets their mean.
    """

    native: Any
    spread: FloatArray | None

    def act(self, obs: Floats) -> Floats:
        """(B, D) to (B, K + 1), deterministic."""
        actions: Floats = self.native.act(np.ascontiguousarray(obs))
        return actions


def load_study(run: Run, panel: Panel | None, ledger: TrialLedger) -> tuple[Study, JsonObject]:
    """The study of a training run, and what ``results.json`` says of where it came from.

    Parameters
    ----------
    run : Run
    panel : Panel, optional
        The data it was trained on, uncut; loaded as its manifest says if not given.
    ledger : TrialLedger

    Raises
    ------
    RunError
        Not a training run.
    DataError
        Other data than those it was trained on; a fold without a policy; a policy that was changed.
    """
    manifest = run.manifest
    if manifest.get("kind") != "train":
        raise RunError(f"{run.path}: kind: expected 'train', got {manifest.get('kind')!r}")
    config = PortfolioConfig.of(**_tuples(manifest["env"]))
    cut = _panel(manifest, panel)
    folds = [_fold(found) for found in manifest["folds"]]
    market = Market.of(cut, config)
    if market.id != manifest["market_id"]:
        raise DataError(f"{run.path}: market_id: expected {manifest['market_id']}, got {market.id}")
    policies, missing = _policies(run.path, manifest, folds, market, config)
    data = manifest["data"]
    trials = TrialCount.of(
        ledger.read(),
        family=FAMILY,
        data_id=data["id"],
        window=data["window"],
        at_least=len(folds) * len(manifest["seeds"]),
    )
    return Study(cut, config, folds, policies, trials), _origin(manifest, missing)


def _panel(manifest: Mapping[str, Any], panel: Panel | None) -> Panel:
    from quantrl.config import DataConfig
    from quantrl.data import load

    about = manifest["data"]
    if panel is None:
        if not about["section"]:
            raise DataError("data: this run was trained on arrays; pass the panel")
        panel = load(DataConfig(**about["section"]))
    if panel.id != about["id"]:
        raise DataError(f"data: expected the panel {about['id']}, got {panel.id}")
    return panel if panel.n_bars == about["bars"] else panel.head(about["bars"])


def _fold(found: Mapping[str, Any]) -> Fold:
    segments = {name: (int(found[name][0]), int(found[name][1])) for name in ("train", "validation", "test")}
    return Fold(index=int(found["index"]), **segments)


def _policies(
    folder: Path, manifest: Mapping[str, Any], folds: list[Fold], market: Market, config: PortfolioConfig
) -> tuple[dict[int, dict[int, Policy]], list[JsonObject]]:
    """Policies by fold and seed, and the runs that left none, with what became of them."""
    status = {(run["fold"], run["seed"]): run["status"] for run in manifest.get("runs", [])}
    found: dict[int, dict[int, Policy]] = {fold.index: {} for fold in folds}
    missing = []
    for fold in folds:
        for seed in manifest["seeds"]:
            place = folder / "folds" / str(fold.index) / f"seed{seed}"
            if (place / "policy.json").is_file():
                found[fold.index][seed] = _policy(place, market, config)
            else:
                became = status.get((fold.index, seed)) or "not run"
                missing.append({"fold": fold.index, "seed": seed, "status": became})
    return found, missing


def _policy(place: Path, market: Market, config: PortfolioConfig) -> Policy:
    native = _core.NativePolicy.load(str(place))
    std = native.spec().get("meta", {}).get("action_std")
    spread = None if std is None else np.asarray(std, dtype=np.float64)
    if config.assets == "random":
        names = market.shape[1]
        native = native.over(names)
        if spread is not None:
            spread = np.concatenate([spread[:1], np.full(names, spread[1:].mean())])
    return Loaded(native.bind(market.features), spread)


def _origin(manifest: Mapping[str, Any], missing: list[JsonObject]) -> JsonObject:
    kept = ("id", "name", "command", "agent", "code_version", "market_id", "action_bounds", "train", "seeds")
    about = manifest["data"]
    data = {name: about.get(name) for name in ("id", "window", "source", "bars", "instruments", "flags")}
    return {"run": {name: manifest.get(name) for name in kept}, "data": data, "missing": missing}


def _tuples(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
