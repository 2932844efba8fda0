"""One environment with Gymnasium's interface: a batch of one."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantrl.envs._vector import BatchEnv
from quantrl.envs.pair import _register as _registered  # noqa: F401 - its name in Gymnasium
from quantrl.envs.pair.batch import PairBatch
from quantrl.envs.pair.config import PairConfig
from quantrl.envs.pair.sb3 import action_space, observation_space


class PairEnv(BatchEnv):
    """One pair episode at a time; the episodes are those of environment `env_id` of any batch.

    Parameters
    ----------
    config : PairConfig
    seed : int
        Until `reset` is given another.
    env_id : int
    mode : {"train", "evaluate"}
    """

    batch: PairBatch

    def __init__(
        self,
        config: PairConfig,
        *,
        seed: int = 0,
        env_id: int = 0,
        mode: str = "train",
        render_mode: None = None,
    ) -> None:
        batch = PairBatch(config, seed=seed, env_id0=env_id, threads=1, mode=mode)
        super().__init__(batch, observation_space(batch), action_space(batch))

    def row(self, action: ArrayLike) -> NDArray[Any]:
        """(1,) whole number."""
        return np.asarray(action).reshape(1)

    def ended(self, totals: dict[str, float]) -> dict[str, Any]:
        """``pair``: `TOTALS`."""
        return {"pair": totals}

    def action_masks(self) -> NDArray[np.bool_]:
        """(A,) whether each action is legal now."""
        masks: NDArray[np.bool_] = self.batch.core.action_masks()[0].astype(np.bool_)
        return masks
