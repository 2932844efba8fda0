"""One call from a panel to a vectorised environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantrl.envs.portfolio import PortfolioConfig
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.envs.market import Market

KINDS = ("sb3", "gymnasium")


def make_vec_env(
    data: Panel | Market,
    config: PortfolioConfig,
    *,
    n_envs: int = 1,
    seed: int = 0,
    start: int | str | None = None,
    until: int | str | None = None,
    env_id0: int = 0,
    threads: int = 2,
    kind: str = "sb3",
    **options: Any,
) -> Any:
    """A vectorised environment on a panel.

    Parameters
    ----------
    data : Panel or Market
        What is traded.
    config : PortfolioConfig
        What an episode is.
    n_envs : int
        N.
    seed : int
        Of start rows, assets and start weights.
    start, until : int or str, optional
        Segment of rows the episodes lie in: row numbers (`until` excluded) or dates (both included).
    env_id0 : int
        Id of the first environment: two batches of 32 with ids 0 and 32 give the episodes of one of 64.
    threads : int
        Threads of the engine, used from 4,096 weights on; results do not depend on it.
    kind : {"sb3", "gymnasium"}
        `PortfolioVecEnv` of Stable-Baselines3 or `PortfolioVectorEnv` of Gymnasium, which takes `options`.

    Raises
    ------
    DataError
        The segment is too short (needed and given), a price is not usable (row and instrument).
    ConfigError
        An unknown kind, or without `quantrl[rl]`.
    """
    if kind not in KINDS:
        raise ConfigError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    try:
        from quantrl.envs.sb3 import PortfolioVecEnv, make_batch
        from quantrl.envs.vector import PortfolioVectorEnv
    except ImportError as error:
        raise ConfigError(f"environments need the extra rl: pip install 'quantrl[rl]' ({error})") from None
    batch = make_batch(
        data, config, n_envs=n_envs, seed=seed, start=start, until=until, env_id0=env_id0, threads=threads
    )
    return PortfolioVecEnv(batch, **options) if kind == "sb3" else PortfolioVectorEnv(batch, **options)
