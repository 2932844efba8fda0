"""One call from a panel or the settings of a pair to a vectorised environment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantrl.envs.pair.config import PairConfig
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.errors import ConfigError

if TYPE_CHECKING:
    from quantrl.data import Panel
    from quantrl.envs.market import Market

KINDS = ("sb3", "gymnasium")


def make_vec_env(
    data: Panel | Market | PairConfig,
    config: PortfolioConfig | None = None,
    *,
    n_envs: int = 1,
    seed: int = 0,
    start: int | str | None = None,
    until: int | str | None = None,
    env_id0: int = 0,
    threads: int = 2,
    kind: str = "sb3",
    mode: str | None = None,
    **options: Any,
) -> Any:
    """A vectorised environment on a panel or of a pair.

    Parameters
    ----------
    data : Panel or Market or PairConfig
        What is traded; the settings of a pair say it all.
    config : PortfolioConfig
        What an episode is, with a panel or market.
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
        `PortfolioVecEnv` or `PairVecEnv` of Stable-Baselines3, `PortfolioVectorEnv` or `PairVectorEnv` of Gymnasium,
        which takes `options`.
    mode : {"train", "released", "evaluate"}, optional
        What kind of episodes; by default those of training.

    Raises
    ------
    DataError
        The segment is too short (needed and given), a price is not usable (row and instrument).
    ConfigError
        An unknown kind, a config that does not go with the data, or without `quantrl[rl]`.
    """
    if kind not in KINDS:
        raise ConfigError(f"kind: expected one of {', '.join(KINDS)}, got {kind!r}")
    if isinstance(data, PairConfig):
        if config is not None or start is not None or until is not None:
            raise ConfigError("config, start, until: go with a panel; a pair takes its settings alone")
        return _pair(data, n_envs, seed, env_id0, threads, kind, mode or "train", options)
    if config is None:
        raise ConfigError("config: a panel needs a PortfolioConfig")
    try:
        from quantrl.envs.sb3 import PortfolioVecEnv, make_batch
        from quantrl.envs.vector import PortfolioVectorEnv
    except ImportError as error:
        raise _missing(error) from None
    batch = make_batch(
        data,
        config,
        n_envs=n_envs,
        seed=seed,
        start=start,
        until=until,
        env_id0=env_id0,
        threads=threads,
        mode=mode,
    )
    return PortfolioVecEnv(batch, **options) if kind == "sb3" else PortfolioVectorEnv(batch, **options)


def _pair(
    config: PairConfig,
    n_envs: int,
    seed: int,
    env_id0: int,
    threads: int,
    kind: str,
    mode: str,
    options: dict[str, Any],
) -> Any:
    try:
        from quantrl.envs.pair import PairBatch, PairVecEnv, PairVectorEnv
    except ImportError as error:
        raise _missing(error) from None
    batch = PairBatch(config, n_envs=n_envs, seed=seed, env_id0=env_id0, threads=threads, mode=mode)
    return PairVecEnv(batch, **options) if kind == "sb3" else PairVectorEnv(batch, **options)


def _missing(error: ImportError) -> ConfigError:
    return ConfigError(f"environments need the extra rl: pip install 'quantrl[rl]' ({error})")
