"""From a trained model to `policy.safetensors` and `policy.json`: format ``quantrl-policy/1``."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.agents._training.files import write_policy_files
from quantrl.agents.sharpe_portfolio._forward import bounds, write_policy
from quantrl.agents.sharpe_portfolio._tape import Tape
from quantrl.errors import DataError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm

    from quantrl.envs.portfolio import PortfolioConfig

FORMAT = "quantrl-policy/1"


def export_policy(
    model: BaseAlgorithm,
    folder: str | Path,
    *,
    env_config: PortfolioConfig,
    market_id: str,
    seed: int,
    meta: dict[str, Any],
) -> None:
    """Write the deterministic policy of a model, for `quantrl._core.NativePolicy` and whoever else reads the format.

    Parameters
    ----------
    model : BaseAlgorithm
        Made by `make_algo`.
    folder : path
        Made where missing; a policy in it is replaced. Both files are written aside and renamed, the numbers first: a
        reader between the two renames finds a sha256 that differs, never a mixture.
    env_config : PortfolioConfig
        The rules the policy decides under.
    market_id : str
        sha256 of the market it was trained on. The market itself is in neither file.
    seed : int
    meta : dict
        Anything JSON can hold, kept as it is.

    Raises
    ------
    DataError
        A parameter that is not finite: names it; nothing is written.
    ConfigError
        A policy that has no such form.
    RunError
        The folder cannot be written.
    """
    from safetensors.numpy import save

    tape = Tape()
    write_policy(tape, model)
    for name, values in tape.tensors.items():
        if not np.isfinite(values).all():
            raise DataError(f"policy: expected finite numbers, {name} of shape {values.shape} has others")
    numbers = save(tape.tensors)
    spec = _spec(model, env_config) | {
        "sha256": hashlib.sha256(numbers).hexdigest(),
        "market_id": market_id,
        "seed": seed,
        "meta": meta,
        "ops": tape.ops,
    }
    text = json.dumps(spec, indent=1, sort_keys=True, allow_nan=False)
    write_policy_files(Path(folder), numbers, text.encode())


def _spec(model: BaseAlgorithm, config: PortfolioConfig) -> dict[str, Any]:
    from quantrl.agents.sharpe_portfolio.training.algos import describe

    low, high = bounds(model.action_space)
    env: Any = model.env
    layout, market = env.get_attr("layout")[0], env.get_attr("market")[0]
    return {
        "format": FORMAT,
        "layout": {
            "kind": layout.kind,
            "n_features": layout.n_features,
            "window": layout.window,
            "n_assets": layout.n_assets,
            "has_ids": layout.has_ids,
        },
        "norm": config.norm,
        "action": {"map": config.action_map, "low": low, "high": high},
        "temperature": config.temperature,
        "base": list(config.base) if isinstance(config.base, tuple) else config.base,
        "window": config.window,
        "features": list(market.columns),
        "decision_every": config.decision_every,
        "episode_len": config.episode_len,
        **describe(model),
    }
