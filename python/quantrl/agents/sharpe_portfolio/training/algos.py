"""The one place that builds a Stable-Baselines3 model, from the table of algorithms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantrl.agents._training.allocator import keep_freed_memory
from quantrl.agents.sharpe_portfolio.training._algo_table import ALGOS, HEADS, NET_NAMES, Algo
from quantrl.errors import ConfigError
from quantrl.rng import generator

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm
    from stable_baselines3.common.vec_env import VecEnv

__all__ = ["ALGOS", "Algo", "bind_market", "describe", "make_algo", "n_envs"]


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
            # Faster on a CPU, and only now: orthogonal initialisation knows no other order than the usual.
            module.to(memory_format=torch.channels_last)


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

    from quantrl.agents.sharpe_portfolio.training.policies import ScorePolicy

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
    from quantrl.agents.sharpe_portfolio.training.policies import ScorePolicy

    extractor = model.policy_kwargs["features_extractor_class"]
    return {
        "algo": next(name for name, algo in ALGOS.items() if algo.cls == type(model).__name__),
        "net": next(name for name, net in NETS.items() if net is extractor),
        "head": "score" if isinstance(model.policy, ScorePolicy) else "mlp",
    }
