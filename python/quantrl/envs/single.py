"""One environment with Gymnasium's interface: a batch of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quantrl.envs import _register as _registered  # noqa: F401 - its name in Gymnasium
from quantrl.envs._batch import Batch
from quantrl.envs._vector import BatchEnv
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.envs.sb3 import action_space, make_batch, observation_space

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.envs.market import Market


class PortfolioEnv(BatchEnv):
    """One portfolio episode at a time; the episodes are those of environment `env_id` of any batch.

    Parameters
    ----------
    panel : Panel or Market
    config : PortfolioConfig, optional
    seed : int
        Until `reset` is given another.
    env_id : int
    start, until : int or str, optional
        As in `make_vec_env`.
    """

    batch: Batch

    def __init__(
        self,
        panel: Panel | Market,
        config: PortfolioConfig | None = None,
        *,
        seed: int = 0,
        env_id: int = 0,
        start: int | str | None = None,
        until: int | str | None = None,
        render_mode: None = None,
    ) -> None:
        chosen = PortfolioConfig.of() if config is None else config
        batch = make_batch(panel, chosen, seed=seed, env_id0=env_id, start=start, until=until, threads=1)
        super().__init__(batch, observation_space(batch), action_space(batch))

    def row(self, action: ArrayLike) -> NDArray[Any]:
        """(1, A) float32."""
        return np.asarray(action, dtype=np.float32)[None]

    def ended(self, totals: dict[str, float]) -> dict[str, Any]:
        """``wealth``."""
        return {"wealth": totals["wealth"]}
