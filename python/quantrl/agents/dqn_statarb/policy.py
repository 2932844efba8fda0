"""A trained policy by native inference: no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.agents._training.files import SPEC_FILE
from quantrl.envs.pair.config import PairConfig
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, IntArray

if TYPE_CHECKING:
    from quantrl.agents.dqn_statarb.backtest.result import PairResult
    from quantrl.envs.pair.recorded import Events, PathLike

BUNDLED = Path(__file__).parent / "bundled"


@dataclass(frozen=True, eq=False)
class PairPolicy:
    """What was learned on a pair.

    Attributes
    ----------
    native : NativeQ
    path : Path
        Policy folder.
    """

    native: _core.NativeQ
    path: Path

    @cached_property
    def spec(self) -> dict[str, Any]:
        """Contents of ``policy.json``."""
        return dict(self.native.spec())

    @cached_property
    def pair(self) -> PairConfig:
        """What it was trained on."""
        dump = self.spec["pair"]
        return PairConfig.of(**{k: tuple(v) if isinstance(v, list) else v for k, v in dump.items()})

    @cached_property
    def targets(self) -> FloatArray:
        """(A,) position of each action."""
        return np.asarray(self.spec["actions"], dtype=np.float64)

    @property
    def names(self) -> tuple[str, ...]:
        """What an observation holds, in order."""
        return tuple(self.spec["layout"]["names"])

    def values(self, obs: NDArray[np.float32]) -> NDArray[np.float32]:
        """(B, A) values of observations (B, D), of actions that are not legal too.

        Raises
        ------
        DataError
            Another number of columns; a number that is not finite or beyond the clip: names the row.
        """
        found: NDArray[np.float32] = self.native.values(np.ascontiguousarray(obs, dtype=np.float32))
        return found

    def act(self, obs: NDArray[np.float32]) -> IntArray:
        """(B,) the first of the best legal actions."""
        found: IntArray = self.native.act(np.ascontiguousarray(obs, dtype=np.float32))
        return found

    def run(
        self,
        pair: PairConfig | None = None,
        *,
        n_envs: int = 1,
        decisions: int,
        seed: int = 0,
        threads: int = 1,
    ) -> FloatArray:
        """Lead it through simulated paths natively, with no Python in between; as they end, episodes begin anew.

        Parameters
        ----------
        pair : PairConfig, optional
            By default what it was trained on; every episode starts flat.
        n_envs, decisions, seed : int
        threads : int
            Results do not depend on it.

        Returns
        -------
        (n_envs, 4) float64
            Sums of the change of wealth, of the conditional mean of the marks less costs, of costs, all in U of `pair`,
            and of turnover.

        Raises
        ------
        ConfigError
            A pair of other observations.
        """
        from quantrl.envs.pair.batch import PairBatch

        config = self.pair if pair is None else pair
        batch = PairBatch(config, n_envs=n_envs, seed=seed, threads=threads, mode="evaluate")
        if batch.layout.names != self.names:
            raise ConfigError(
                f"pair: expected the {len(self.names)} observations the policy was trained on, "
                f"got {len(batch.layout.names)} of features {config.features!r}"
            )
        batch.reset()
        found: FloatArray = batch.core.run_policy(self.native, decisions)
        return found

    @property
    def first_stock(self) -> float | None:
        """First stock it is deployed with, U; none if it reads none."""
        stock = self.spec["stock"]
        return None if stock is None else float(stock["start"])

    def backtest(
        self,
        events: Events | None = None,
        pair: PathLike | Mapping[str, Any] | None = None,
        *,
        seed: int = 0,
        decisions: int | None = None,
        start: str | None = None,
        capital: float | None = None,
        **changes: Any,
    ) -> PairResult:
        """Trade recorded or simulated books natively, as one account with every decision and fill kept.

        Parameters
        ----------
        events, pair
            Event files and ``pair.json``, as `PairConfig.replay` takes them; the facts of a policy that was trained on
            recorded books are its own by default. Without `events`, what it was trained on.
        seed, decisions, start, capital
            As in `quantrl.agents.dqn_statarb.backtest.run.run_pair`.
        **changes
            ``latency``, ``fee_bps`` and fields of `PairConfig`, as in `quantrl.agents.dqn_statarb.backtest.market.market`.

        Raises
        ------
        ConfigError, DataError
            As there.
        """
        from quantrl.agents.dqn_statarb.backtest.market import market
        from quantrl.agents.dqn_statarb.backtest.run import START, run_pair

        config = market(self.pair, events, pair, first_stock=self.first_stock, **changes)
        how: dict[str, Any] = {"seed": seed, "decisions": decisions, "start": start or START}
        return run_pair(self.native, config, names=self.names, capital=capital, **how)


def load_policy(path: str | Path) -> PairPolicy:
    """A policy folder; ``bundled`` is the one that comes with the package.

    Raises
    ------
    ConfigError
        No policy there.
    DataError
        A policy that was changed or is of another format.
    """
    folder = BUNDLED if str(path) == "bundled" else Path(path)
    if not (folder / SPEC_FILE).is_file():
        raise ConfigError(f"model: {folder} holds no {SPEC_FILE}; train one with 'quantrl train dqn_statarb'")
    return PairPolicy(_core.NativeQ.load(str(folder)), folder)
