"""The batch as a vector environment of Gymnasium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantrl.envs import _register as _registered  # noqa: F401 - its name in Gymnasium
from quantrl.envs._batch import Batch
from quantrl.envs._vector import BatchVectorEnv, check_autoreset
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.envs.sb3 import action_space, make_batch, observation_space

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.envs.market import Market


class PortfolioVectorEnv(BatchVectorEnv):
    """N portfolio episodes stepped in one call.

    Parameters
    ----------
    batch : Batch or Panel or Market
        Made by `make_vec_env`, or what `make_batch` takes with `config` and `options`.
    config : PortfolioConfig, optional
        With a panel or market.
    num_envs : int
        With a panel or market.
    autoreset : {"SameStep", "NextStep"}
        When a finished environment begins anew. Under ``SameStep`` its last observation is ``infos["final_obs"]``, and
        reward sum, decisions and wealth are ``infos["final_info"]``, with masks as Gymnasium writes them.
    copy : bool
        Hand out copies; otherwise arrays that are written again two steps later.
    """

    batch: Batch

    def __init__(
        self,
        batch: Batch | Panel | Market,
        config: PortfolioConfig | None = None,
        *,
        num_envs: int = 1,
        autoreset: str = "SameStep",
        copy: bool = True,
        render_mode: None = None,
        **options: Any,
    ) -> None:
        check_autoreset(autoreset)
        if not isinstance(batch, Batch):
            batch = make_batch(batch, config or PortfolioConfig.of(), n_envs=num_envs, **options)
        super().__init__(batch, observation_space(batch), action_space(batch), autoreset=autoreset, copy=copy)
