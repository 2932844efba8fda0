"""The batch as a vector environment of Gymnasium."""

from __future__ import annotations

from typing import Any

from quantrl.envs._vector import BatchVectorEnv, check_autoreset
from quantrl.envs.pair import _register as _registered  # noqa: F401 - its name in Gymnasium
from quantrl.envs.pair.batch import PairBatch
from quantrl.envs.pair.config import PairConfig
from quantrl.envs.pair.sb3 import action_space, observation_space


class PairVectorEnv(BatchVectorEnv):
    """N pair episodes stepped in one call.

    Parameters
    ----------
    batch : PairBatch, optional
        Made by `make_vec_env`; otherwise made here from `config`, `num_envs` and `options`.
    config : PairConfig, optional
    num_envs : int
    autoreset : {"SameStep", "NextStep"}
        When a finished environment begins anew. Under ``SameStep`` its last observation is ``infos["final_obs"]`` and its
        `TOTALS` are ``infos["final_info"]``, with masks as Gymnasium writes them.
    copy : bool
        Hand out copies; otherwise arrays that are written again two steps later.
    """

    batch: PairBatch

    def __init__(
        self,
        batch: PairBatch | None = None,
        config: PairConfig | None = None,
        *,
        num_envs: int = 1,
        autoreset: str = "SameStep",
        copy: bool = True,
        render_mode: None = None,
        **options: Any,
    ) -> None:
        check_autoreset(autoreset)
        if batch is None:
            batch = PairBatch(PairConfig.of() if config is None else config, n_envs=num_envs, **options)
        super().__init__(batch, observation_space(batch), action_space(batch), autoreset=autoreset, copy=copy)
