"""A learner that begins with the networks of a trained policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from quantrl.agents.dqn_statarb.export import read_policy
from quantrl.envs import PairLayout
from quantrl.errors import DataError

if TYPE_CHECKING:
    from quantrl.agents.dqn_statarb.learner import PairLearner
    from quantrl.envs import PairConfig


def begin_from(model: PairLearner, folder: Path, pair: PairConfig) -> None:
    """Give online and target network the numbers of a policy of one network; noise in weights stays as it was drawn.

    Parameters
    ----------
    model : PairLearner
        As `make_learner` made it, not trained yet.
    folder : Path
        Of the policy.
    pair : PairConfig
        What the learner is trained on.

    Raises
    ------
    DataError
        A policy that is damaged, of several networks, of other observations or money, or of other layers: names the field.
    """
    spec, arrays = read_policy(folder)
    layout = list(PairLayout.of(pair).names)
    expected: dict[str, Any] = {"layout.names": layout, "unit": pair.reward_unit, "members": 1}
    got = {"layout.names": spec["layout"]["names"], "unit": spec["unit"], "members": len(spec["members"])}
    for field, value in expected.items():
        if got[field] != value:
            raise DataError(f"{folder}: {field}: expected {value!r} to begin from, got {got[field]!r}")
    for net in model.nets:
        for name, parameter in net.named_parameters():
            if name.endswith("_sigma"):
                continue
            found = arrays.get(_stored(name))
            shape = tuple(parameter.shape)[::-1]
            if found is None or found.shape != shape:
                seen = "none" if found is None else str(found.shape)
                raise DataError(
                    f"{folder}: {name}: expected numbers of shape {shape} to begin from, got {seen}"
                )
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(found.T.copy()))


def _stored(name: str) -> str:
    """Of a parameter in the file: layers of the trunk are counted there without their activations."""
    layer, _, kind = name.rpartition(".")
    trunk, dot, place = layer.partition(".")
    return f"0/{trunk}{int(place) // 2}.{kind}" if dot else f"0/{layer}.{kind}"
