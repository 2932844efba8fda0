"""The algorithms and their defaults; nothing else branches on the algorithm."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HEADS = ("score", "mlp")
_ARCH = [64, 64]


@dataclass(frozen=True)
class Algo:
    """One algorithm and its defaults; what is not named here is that of Stable-Baselines3.

    Attributes
    ----------
    module, cls : str
        Where the class is.
    n_envs : int
        Environments stepped together.
    settings : dict
        Arguments of the class; a pair as `learning_rate` or `clip_range` falls linearly over the training.
    policy : dict
        Arguments of the policy.
    on_policy : bool
    action_noise : float
        Standard deviation of the Gaussian noise added to actions; 0 for none.
    net : str, optional
        The network of a preset.
    """

    module: str
    cls: str
    n_envs: int
    settings: dict[str, Any]
    policy: dict[str, Any] = field(default_factory=dict)
    on_policy: bool = True
    action_noise: float = 0.0
    net: str | None = None


_OURS = {"ortho_init": False, "net_arch": _ARCH, "log_std_init": -1.0}
# Chosen on a planted market: docs/results/planted_skill.md.
_PPO = {
    "n_steps": 48,
    "batch_size": 512,
    "n_epochs": 3,
    "learning_rate": (3e-3, 0.0),
    "gae_lambda": 0.8,
    "clip_range": 0.2,
    "target_kl": 0.03,
}
_OFF_POLICY = {
    "buffer_size": 200_000,
    "batch_size": 256,
    "learning_rate": 3e-4,
    "learning_starts": 5_000,
    "gradient_steps": 4,
}
_RELEASED = {
    "n_steps": 2048,
    "batch_size": 256,
    "n_epochs": 10,
    "learning_rate": 3e-4,
    "gae_lambda": 0.95,
    "clip_range": 0.2,
}
_SB3 = "stable_baselines3"
_CONTRIB = "sb3_contrib"

ALGOS: dict[str, Algo] = {
    "ppo": Algo(_SB3, "PPO", 64, _PPO, _OURS | {"log_std_init": -0.5}),
    "a2c": Algo(_SB3, "A2C", 64, {"n_steps": 16, "learning_rate": 7e-4}, _OURS),
    "trpo": Algo(
        _CONTRIB,
        "TRPO",
        64,
        {"n_steps": 96, "batch_size": 1024, "target_kl": 0.01, "learning_rate": 1e-3},
        _OURS,
    ),
    "sac": Algo(_SB3, "SAC", 16, _OFF_POLICY, {"net_arch": _ARCH}, on_policy=False),
    "td3": Algo(_SB3, "TD3", 16, _OFF_POLICY, {"net_arch": _ARCH}, on_policy=False, action_noise=0.1),
    # The settings of the code released with arXiv 2412.18563.
    "released": Algo(
        _SB3,
        "PPO",
        1,
        _RELEASED,
        {"ortho_init": True, "net_arch": _ARCH, "log_std_init": 0.0},
        net="vgg",
    ),
}
"""Every algorithm, and the preset ``released``."""

NET_NAMES = ("asset_conv", "resnet", "vgg")
