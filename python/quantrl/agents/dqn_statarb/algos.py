"""The one place that builds a learner, from a table of algorithms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from quantrl.agents._training.allocator import keep_freed_memory
from quantrl.agents.dqn_statarb.config import StatArbTrain
from quantrl.rng import generator

if TYPE_CHECKING:
    from quantrl.agents.dqn_statarb.learner import PairLearner
    from quantrl.envs import PairVecEnv

_HERE = "quantrl.agents.dqn_statarb"


@dataclass(frozen=True)
class Algo:
    """One algorithm.

    Attributes
    ----------
    module, cls, policy : str
        Where the learner is, and which policy of `nets` it takes.
    dueling : bool
    quantiles : bool
    stock : bool
        Quantiles are rated by the stock.
    every : bool
        What each action would have earned is learned from.
    """

    module: str
    cls: str
    policy: str = "ValuePolicy"
    dueling: bool = False
    quantiles: bool = False
    stock: bool = False
    every: bool = False


ALGOS = {
    "dqn": Algo("ddqn", "MaskedDQN"),
    "ddqn": Algo("ddqn", "DoubleDuelingDQN", dueling=True),
    "ddqn_all": Algo("all_actions", "AllActionDQN", dueling=True, every=True),
    "qr": Algo("qr", "KinkedQRDQN", "QuantilePolicy", quantiles=True),
    "qr_cvar": Algo("stock_qr", "StockQRDQN", "QuantilePolicy", quantiles=True, stock=True),
}


def make_learner(train: StatArbTrain, env: PairVecEnv, *, seed: int) -> PairLearner:
    """A learner on an environment.

    Parameters
    ----------
    train : StatArbTrain
    env : PairVecEnv
    seed : int
        Of the network, the exploration and, from its next reset on, the environment.

    Raises
    ------
    ConfigError
        A discount that looks ahead too little, or an objective that the algorithm does not have.
    """
    import importlib

    import torch
    from stable_baselines3.common.utils import LinearSchedule

    from quantrl.agents.dqn_statarb import nets

    algo, gamma = ALGOS[train.algo], train.discount(env.config)
    cls: Any = getattr(importlib.import_module(f"{_HERE}.{algo.module}"), algo.cls)
    keep_freed_memory()
    policy: dict[str, Any] = {
        "net_arch": train.hidden(env.config),
        "dueling": algo.dueling,
        "noisy": train.explore == "noisy",
        "optimizer_class": torch.optim.AdamW,
        "optimizer_kwargs": {"weight_decay": train.weight_decay, "fused": True},
    }
    if algo.quantiles:
        policy["n_quantiles"] = train.quantiles
    if algo.stock:
        policy["stock"] = nets.StockRating(env.layout.at("stock"), env.config.stock_unit)
    buffer: dict[str, Any] = {}
    if algo.every:
        from quantrl.agents.dqn_statarb.all_actions import AllActionReplay

        own = env.layout.own
        buffer = {
            "replay_buffer_class": AllActionReplay,
            "replay_buffer_kwargs": {"own": (own.start, own.stop), "n_actions": env.layout.n_actions},
        }
    model: Any = cls(
        getattr(nets, algo.policy),
        env,
        learning_rate=LinearSchedule(train.lr, train.lr_end, 1.0),
        buffer_size=train.kept(env.config),
        learning_starts=train.learning_starts,
        batch_size=train.batch_size,
        tau=train.tau,
        gamma=gamma,
        train_freq=1,
        gradient_steps=train.gradient_steps,
        n_steps=train.n_steps,
        target_update_interval=env.num_envs,  # after each step of all of them
        exploration_fraction=train.eps_share,
        exploration_final_eps=train.eps_end,
        max_grad_norm=10.0,
        policy_kwargs=policy,
        **buffer,
        seed=int(generator(seed, 0, "train").integers(2**31)),
        device="cpu",
    )
    model.prepare(train.explore, seed)
    if algo.every:
        model.replay_buffer.watch(env)
    if algo.quantiles:
        model.kink = train.kink
    else:
        model.loss_name = train.loss
    env.seed(seed)
    return model  # type: ignore[no-any-return]
