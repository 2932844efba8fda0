"""The algorithms as a table, and the one place that builds a Stable-Baselines3 model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quantrl.agents.sharpe_portfolio._allocator import keep_freed_memory
from quantrl.errors import ConfigError
from quantrl.rng import generator

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecEnv

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
_PPO = {
    "n_steps": 96,
    "batch_size": 1024,
    "n_epochs": 5,
    "learning_rate": (3e-4, 0.0),
    "gae_lambda": 0.95,
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
_RELEASED = {"n_steps": 2048, "batch_size": 256, "n_epochs": 10, "learning_rate": 3e-4, "target_kl": None}
_SB3 = "stable_baselines3"
_CONTRIB = "sb3_contrib"

ALGOS: dict[str, Algo] = {
    "ppo": Algo(_SB3, "PPO", 64, _PPO, _OURS),
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
        _PPO | _RELEASED,
        {"ortho_init": True, "net_arch": _ARCH, "log_std_init": 0.0},
        net="vgg",
    ),
}
"""Every algorithm, and the preset ``released``."""

NET_NAMES = ("asset_conv", "resnet", "vgg")


def n_envs(name: str) -> int:
    """Environments an algorithm steps together by default."""
    return _algo(name).n_envs


def make_algo(
    name: str,
    net: str,
    env: VecEnv,
    *,
    seed: int,
    device: str = "cpu",
    head: str | None = None,
    overrides: dict[str, Any] | None = None,
) -> BaseAlgorithm:
    """A model on an environment, its market bound to every network.

    Parameters
    ----------
    name : str
        A key of `ALGOS`.
    net : {"asset_conv", "resnet", "vgg"}
    env : VecEnv
        As `quantrl.envs.make_vec_env` makes it, possibly wrapped: says its `layout`, `config` and `market`.
    seed : int
        Of the networks, the actions and, from its next reset on, the environment.
    device : str
        Of torch.
    head : {"score", "mlp"}, optional
        By default ``score`` where it fits: `asset_conv` with an on-policy algorithm.
    overrides : dict, optional
        Arguments of the algorithm in place of its defaults; ``policy_kwargs`` is merged into those of the policy.

    Raises
    ------
    ConfigError
        An unknown algorithm, network or argument; a head that does not fit; a gamma that is not the environment's; an
        observation-normalising wrapper.
    DataError
        A market that does not fit the observations.
    """
    algo, given = _algo(name), dict(overrides or {})
    head = _head(name, net, head)
    config, layout = env.get_attr("config")[0], env.get_attr("layout")[0]
    _check_gamma(given, config.gamma)
    _check_wrappers(env)
    policy = {**algo.policy, **given.pop("policy_kwargs", {}), **_extractor(net, head, layout, config.norm)}
    settings = {**algo.settings, **given, "gamma": config.gamma}
    keep_freed_memory()
    model = _build(name, algo, head, env, settings, policy, _torch_seed(seed), device)
    env.seed(seed)
    bind_market(model, env.get_attr("market")[0].features)
    return model


def bind_market(model: BaseAlgorithm, features: Any) -> None:
    """Give every network of a model the market (rows, n_all, F) float32: actor, critics and targets share one copy."""
    import torch

    from quantrl.agents.sharpe_portfolio.nets import WindowExtractor
    from quantrl.agents.sharpe_portfolio.nets.gather import as_table

    table: torch.Tensor = as_table(features).to(model.device)
    for module in model.policy.modules():
        if isinstance(module, WindowExtractor):
            module.bind(table)


def _algo(name: str) -> Algo:
    if name not in ALGOS:
        raise ConfigError(f"algo: expected one of {', '.join(ALGOS)}, got {name!r}")
    return ALGOS[name]


def _head(name: str, net: str, head: str | None) -> str:
    if net not in NET_NAMES:
        raise ConfigError(f"net: expected one of {', '.join(NET_NAMES)}, got {net!r}")
    fits = ALGOS[name].on_policy and net == "asset_conv"
    if head is None:
        return "score" if fits else "mlp"
    if head not in HEADS:
        raise ConfigError(f"head: expected one of {', '.join(HEADS)}, got {head!r}")
    if head == "score" and not fits:
        raise ConfigError(
            f"head: score goes with asset_conv and an on-policy algorithm, got {net} and {name}"
        )
    return head


def _check_gamma(overrides: dict[str, Any], gamma: float) -> None:
    if overrides.get("gamma", gamma) != gamma:
        raise ConfigError(f"gamma: expected that of the environment, {gamma}, got {overrides['gamma']}")


def _check_wrappers(env: VecEnv) -> None:
    """Scaled observations would no longer name rows of the market."""
    from stable_baselines3.common.vec_env import VecEnvWrapper, VecFrameStack, VecNormalize

    inner: Any = env
    while isinstance(inner, VecEnvWrapper):
        if isinstance(inner, VecFrameStack) or (isinstance(inner, VecNormalize) and inner.norm_obs):
            raise ConfigError(
                f"env: expected observations as they are, got the wrapper {type(inner).__name__}"
            )
        inner = inner.venv


def _extractor(net: str, head: str, layout: Any, norm: str) -> dict[str, Any]:
    from quantrl.agents.sharpe_portfolio.nets import NETS

    kwargs: dict[str, Any] = {"layout": layout, "norm": norm}
    if net == "asset_conv":
        kwargs["head"] = head
    return {"features_extractor_class": NETS[net], "features_extractor_kwargs": kwargs}


def _torch_seed(seed: int) -> int:
    """Stable-Baselines3 takes 32 bits."""
    return int(generator(seed, 0, "train").integers(2**31))


def _schedule(value: Any) -> Any:
    from stable_baselines3.common.utils import LinearSchedule

    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ConfigError(f"schedule: expected a start and an end, got {len(value)} numbers")
        return LinearSchedule(float(value[0]), float(value[1]), 1.0)
    return value


def _noise(algo: Algo, env: VecEnv) -> dict[str, Any]:
    import numpy as np
    from stable_baselines3.common.noise import NormalActionNoise

    if not algo.action_noise:
        return {}
    size = env.action_space.shape
    assert size is not None
    return {"action_noise": NormalActionNoise(np.zeros(size), np.full(size, algo.action_noise))}


def _build(
    name: str,
    algo: Algo,
    head: str,
    env: VecEnv,
    settings: dict[str, Any],
    policy: dict[str, Any],
    seed: int,
    device: str,
) -> BaseAlgorithm:
    import importlib

    from quantrl.agents.sharpe_portfolio.policies import ScorePolicy

    cls: Any = getattr(importlib.import_module(algo.module), algo.cls)
    arguments = {key: _schedule(value) for key, value in {**_noise(algo, env), **settings}.items()}
    try:
        model: BaseAlgorithm = cls(
            ScorePolicy if head == "score" else "MlpPolicy",
            env,
            policy_kwargs=policy,
            seed=seed,
            device=device,
            **arguments,
        )
    except TypeError as error:
        raise ConfigError(f"algo {name}: {error}") from None
    return model


def describe(model: BaseAlgorithm) -> dict[str, str]:
    """Names of a model's algorithm, network and head, as a config gives them."""
    from quantrl.agents.sharpe_portfolio.nets import NETS
    from quantrl.agents.sharpe_portfolio.policies import ScorePolicy

    extractor = model.policy_kwargs["features_extractor_class"]
    return {
        "algo": next(name for name, algo in ALGOS.items() if algo.cls == type(model).__name__),
        "net": next(name for name, net in NETS.items() if net is extractor),
        "head": "score" if isinstance(model.policy, ScorePolicy) else "mlp",
    }
