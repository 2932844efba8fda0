"""The batch as a vectorised environment of Stable-Baselines3."""

from __future__ import annotations

from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from quantrl.envs._sb3 import BatchVecEnv
from quantrl.envs._steps import Step
from quantrl.envs.pair.batch import PairBatch, PairStep
from quantrl.envs.pair.config import PairConfig
from quantrl.envs.pair.layout import PairLayout
from quantrl.errors import ConfigError

CLIP = 5.0


class PairVecEnv(BatchVecEnv):
    """N pair episodes stepped in one call, as `BatchVecEnv` describes; infos add ``pair``, the episode's `TOTALS`.

    `last` is the whole of the last step, with the counterfactual rewards of an environment that has them.

    Parameters
    ----------
    batch : PairBatch
        Made by `make_vec_env`.
    """

    batch: PairBatch

    def __init__(self, batch: PairBatch) -> None:
        self.last: PairStep | None = None
        shown = {"layout": batch.layout, "config": batch.config}
        super().__init__(batch, observation_space(batch), action_space(batch), shown)

    @property
    def layout(self) -> PairLayout:
        """Where everything lies in an observation."""
        return self.batch.layout

    @property
    def config(self) -> PairConfig:
        """What an episode is."""
        return self.batch.config

    def ended(self, totals: dict[str, float]) -> dict[str, Any]:
        """``episode`` and ``pair``."""
        return {"episode": {"r": totals["reward"], "l": int(totals["length"]), "t": 0.0}, "pair": totals}

    def stepped(self, step: Step) -> None:
        """Keep it as `last`."""
        assert isinstance(step, PairStep)
        self.last = step

    def set_theta(self, theta: NDArray[np.float64] | None) -> None:
        """`THETA` (N, 5) of the episodes from the next reset on; None draws it again."""
        self.batch.core.set_theta(None if theta is None else np.ascontiguousarray(theta, dtype=np.float64))

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """``action_masks`` alone: (A,) booleans for each environment asked for."""
        if method_name != "action_masks":
            raise ConfigError(f"method: expected action_masks, got {method_name!r}")
        masks = self.batch.core.action_masks().astype(np.bool_)
        return [masks[env] for env in self._get_indices(indices)]

    def has_attr(self, attr_name: str) -> bool:
        """Whether `env_method` or `get_attr` knows the name."""
        return attr_name == "action_masks" or super().has_attr(attr_name)


def observation_space(batch: PairBatch) -> spaces.Box:
    """A flat box within +-5."""
    return spaces.Box(-CLIP, CLIP, (batch.layout.size,), np.float32)


def action_space(batch: PairBatch) -> spaces.Discrete:
    """A targets from -1 to 1."""
    return spaces.Discrete(batch.layout.n_actions)
