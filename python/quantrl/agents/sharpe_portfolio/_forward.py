"""What each network and each head does, told to a `Tape`: the twins of the `forward` methods in ``nets`` and of
Stable-Baselines3's deterministic actions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import nn

from quantrl.agents.sharpe_portfolio._tape import Tape
from quantrl.agents.sharpe_portfolio.nets import AssetConv, ResNet, Vgg
from quantrl.agents.sharpe_portfolio.nets.gather import WindowExtractor
from quantrl.agents.sharpe_portfolio.nets.resnet import BasicBlock
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from stable_baselines3.common.base_class import BaseAlgorithm


def write_policy(tape: Tape, model: BaseAlgorithm) -> None:
    """From observation to deterministic action, bounds apart.

    Raises
    ------
    ConfigError
        A policy of another kind; gSDE.
    """
    policy: Any = model.policy
    if getattr(policy, "use_sde", False):
        raise ConfigError("policy: state-dependent exploration cannot be exported")
    if hasattr(policy, "actor"):
        _squashed(tape, policy.actor, model.action_space)
    elif isinstance(policy.action_net, nn.Identity):
        _features(tape, policy.pi_features_extractor)
    else:
        features = _features(tape, policy.pi_features_extractor)
        tape.linear(tape.sequence(features, policy.mlp_extractor.policy_net), policy.action_net)


def _squashed(tape: Tape, actor: Any, space: Any) -> None:
    """SAC and TD3: tanh of the actor, stretched to the bounds of the action."""
    x = _features(tape, actor.features_extractor)
    if hasattr(actor, "latent_pi"):
        x = tape.add_op("tanh", tape.linear(tape.sequence(x, actor.latent_pi), actor.mu))
    else:
        x = tape.sequence(x, actor.mu)
    low, high = bounds(space)
    tape.add_op("affine", x, scale=0.5 * (high - low), offset=0.5 * (high + low))


def bounds(space: Any) -> tuple[float, float]:
    """Of every number of an action.

    Raises
    ------
    ConfigError
        They differ.
    """
    low, high = np.unique(space.low), np.unique(space.high)
    if len(low) != 1 or len(high) != 1:
        raise ConfigError(f"action space: expected equal bounds, got {space}")
    return float(low[0]), float(high[0])


def _features(tape: Tape, net: WindowExtractor) -> str:
    for kind, write in WRITERS.items():
        if isinstance(net, kind):
            return write(tape, net)
    raise ConfigError(f"policy: expected one of our networks, got {type(net).__name__}")


def _asset_conv(tape: Tape, net: AssetConv) -> str:
    """Scores, cash first; or with the other head its features."""
    image, weights, stats = tape.gather()
    first = net.layout.window - net.used
    later = tape.add_op("slice", image, axis=0, start=first)
    earlier = tape.add_op("slice", image, axis=0, start=first - 1, stop=net.layout.window - 1)
    changes = tape.add_op("add", [later, tape.add_op("affine", earlier, scale=-1.0, offset=0.0)])
    hidden = tape.add_op("reshape", tape.sequence(changes, net.time), shape=[-1, net.common.out_features])
    risky = tape.add_op("reshape", tape.add_op("slice", weights, axis=0, start=1), shape=[-1, 1])
    own = tape.linear(tape.add_op("concat", [hidden, risky], axis=1), net.own)
    common = tape.linear(_join(tape, [tape.add_op("mean", hidden)], stats, net), net.common)
    mixed = tape.add_op("relu", tape.add_op("add", [own, common]))
    cash = tape.add_op("slice", weights, axis=0, start=0, stop=1)
    parts = [tape.add_op("mean", mixed), tape.add_op("max", mixed), cash]
    pooled = _join(tape, parts, stats, net)
    if net.head == "mlp":
        return tape.add_op("concat", [tape.add_op("reshape", mixed, shape=[-1]), pooled], axis=0)
    scores = tape.add_op("reshape", tape.linear(mixed, net.score), shape=[-1])
    return tape.add_op("concat", [tape.linear(pooled, net.cash), scores], axis=0)


def _join(tape: Tape, parts: list[str], stats: str, net: WindowExtractor) -> str:
    """Vectors one after the other, then s where the observation has it."""
    parts = [*parts, stats] if net.n_stats else parts
    return parts[0] if len(parts) == 1 else tape.add_op("concat", parts, axis=0)


def _with_weight_row(tape: Tape, net: WindowExtractor) -> tuple[str, str]:
    image, weights, stats = tape.gather()
    risky = tape.add_op("slice", weights, axis=0, start=1)
    row = tape.add_op("reshape", risky, shape=[1, -1, 1])
    if net.layout.n_features > 1:
        row = tape.add_op("concat", [row] * net.layout.n_features, axis=2)
    return tape.add_op("concat", [row, image], axis=0), stats


def _vgg(tape: Tape, net: Vgg) -> str:
    image, stats = _with_weight_row(tape, net)
    flat = tape.add_op("reshape", tape.sequence(image, net.blocks), shape=[-1])
    joined = _join(tape, [flat], stats, net)
    return tape.add_op("relu", tape.linear(joined, net.out, image=net.out_image))


def _resnet(tape: Tape, net: ResNet) -> str:
    image, stats = _with_weight_row(tape, net)
    x = tape.add_op("relu", tape.conv2d(image, net.stem))
    for block in net.blocks:
        assert isinstance(block, BasicBlock)
        x = _block(tape, x, block)
    pooled = tape.add_op("mean", tape.add_op("reshape", x, shape=[-1, net.out.in_features - net.n_stats]))
    return tape.add_op("relu", tape.linear(_join(tape, [pooled], stats, net), net.out))


def _block(tape: Tape, x: str, block: BasicBlock) -> str:
    inner = tape.conv2d(tape.add_op("relu", tape.conv2d(x, block.first)), block.second)
    short = x if isinstance(block.shortcut, nn.Identity) else tape.conv2d(x, block.shortcut)
    return tape.add_op("relu", tape.add_op("add", [inner, short]))


WRITERS: dict[type[WindowExtractor], Callable[[Tape, Any], str]] = {
    AssetConv: _asset_conv,
    Vgg: _vgg,
    ResNet: _resnet,
}
"""Every network's twin."""
