"""Named trainings: a quick one that shows everything works, the default, and the rules of the released code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quantrl.envs import RELEASED
from quantrl.errors import ConfigError


@dataclass(frozen=True)
class Preset:
    """Settings a preset changes: fields of `PortfolioConfig` and of `TrainConfig`."""

    env: dict[str, Any]
    train: dict[str, Any]


# The reward that finds planted skill; `PortfolioConfig` keeps the paper's kind, a ratio over the episode.
_ENV = {"reward": "differential_sharpe", "gamma": 0.9}

PRESETS = {
    "smoke": Preset(_ENV, {"steps": 20_000, "seeds": 2, "folds": 2, "eval_points": 5}),
    "default": Preset(_ENV, {}),
    # 9 M steps: arXiv 2412.18563, released code.
    "released": Preset(
        RELEASED.model_dump(exclude_defaults=True), {"algo": "released", "net": "vgg", "steps": 9_000_000}
    ),
}


def preset(name: str) -> Preset:
    """A preset by name.

    Raises
    ------
    ConfigError
        Unknown; the message lists the choices.
    """
    if name not in PRESETS:
        raise ConfigError(f"preset: expected one of {', '.join(PRESETS)}, got {name!r}")
    return PRESETS[name]
