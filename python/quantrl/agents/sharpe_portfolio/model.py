"""A folder of trained policies as the agent uses it: which one was known when, and under which rules it decides."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.agents.sharpe_portfolio._history import Window, chain
from quantrl.envs.market import LEAST_VOL, VOL_BARS
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.errors import ConfigError, DataError
from quantrl.typing import BoolArray, FloatArray

if TYPE_CHECKING:
    from quantrl.data import View

BUNDLED = Path(__file__).parent / "bundled"
SPEC_FILE = "policy.json"


@dataclass(frozen=True, eq=False)
class Member:
    """One policy.

    Attributes
    ----------
    native : NativePolicy
    known_from : int
        Time of the last row that training or validation read, ns UTC.
    columns : tuple of str
        Price columns it reads, the close first.
    any_assets : bool
        It scores every name alike, so their number is free.
    n_assets : int
        Names it was trained on.
    config : PortfolioConfig
        The rules of its environment.
    """

    native: Any
    known_from: int
    columns: tuple[str, ...]
    any_assets: bool
    n_assets: int
    config: PortfolioConfig
    periods_per_year: float

    @property
    def window(self) -> int:
        """W."""
        return self.config.window

    @property
    def decision_every(self) -> int:
        """Bars between decisions."""
        return self.config.decision_every

    @property
    def at_open(self) -> bool:
        """Filled at the open after the decision."""
        return self.config.fill == "next_open"

    def fits(self, complete: int, n: int) -> bool:
        """Whether it can decide on this many complete names out of n."""
        return self.any_assets or complete == n == self.n_assets

    def same_clock(self, other: Member) -> bool:
        """Whether statistics kept for one serve the other."""
        return self.config == other.config

    def settings(self, n: int) -> _core.PortfolioSettings:
        """The engine's rules, for n names."""
        from quantrl.envs._batch import plain_settings

        return plain_settings(self.config, n, len(self.columns), self.periods_per_year)

    @cached_property
    def _map(self) -> _core.PortfolioSettings:
        return self.settings(1)

    def act(
        self, window: Window, held: NDArray[np.float32], stats: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """(K + 1,) deterministic action, cash first."""
        action: NDArray[np.float32] = self.native.act_window(window.prices, held, stats)
        return action

    def weights(self, action: NDArray[np.float32], log_base: FloatArray) -> FloatArray:
        """(K + 1,) target weights of an action."""
        return self._map.weights(action, log_base)

    def log_base(self, view: View, complete: BoolArray) -> FloatArray:
        """(K + 1,) logarithms of what action 0 holds, cash first."""
        base = self.config.base
        if isinstance(base, tuple):
            chosen: FloatArray = np.log(np.array([base[0], *np.array(base[1:])[complete]]))
            return chosen
        if base == "equal":
            return np.zeros(int(complete.sum()) + 1)
        returns = chain(view, min(VOL_BARS, view.n - 1))[:, complete] - 1.0
        risky = -np.log(np.maximum(returns.std(axis=0), LEAST_VOL))
        return np.concatenate([[risky.mean()], risky])


@dataclass(frozen=True)
class Model:
    """Policies by the time they were known, oldest first; those of one time decide together."""

    groups: tuple[tuple[int, tuple[Member, ...]], ...]

    def known_at(self, now: int) -> tuple[Member, ...]:
        """The newest group known at `now`; empty before the first."""
        known = [members for since, members in self.groups if since <= now]
        return known[-1] if known else ()


def load_model(path: str | Path) -> Model:
    """Every policy below a folder; ``bundled`` is what comes with the package.

    Raises
    ------
    ConfigError
        No such folder, or no policy in it.
    DataError
        A policy that was changed, is of another format, or does not say when it was known.
    """
    folder = BUNDLED if str(path) == "bundled" else Path(path)
    files = sorted(file.parent for file in folder.rglob(SPEC_FILE) if "checkpoints" not in file.parts)
    if not files:
        raise ConfigError(
            f"model: {folder} holds no {SPEC_FILE}; train one with 'quantrl train sharpe_portfolio'"
        )
    groups: dict[int, list[Member]] = {}
    for file in files:
        member = load_member(file)
        groups.setdefault(member.known_from, []).append(member)
    return Model(tuple((since, tuple(members)) for since, members in sorted(groups.items())))


def load_member(folder: Path) -> Member:
    """One policy folder."""
    native = _core.NativePolicy.load(str(folder))
    spec = native.spec()
    meta = spec.get("meta", {})
    missing = [
        key for key in ("known_from", "columns", "env", "n_assets", "periods_per_year") if key not in meta
    ]
    if missing:
        raise DataError(f"{folder / SPEC_FILE}: meta.{missing[0]} is missing")
    config = PortfolioConfig.of(**{k: tuple(v) if isinstance(v, list) else v for k, v in meta["env"].items()})
    return Member(
        native=native,
        known_from=int(meta["known_from"]),
        columns=tuple(meta["columns"]),
        any_assets=spec.get("head") == "score",
        n_assets=int(meta["n_assets"]),
        config=config,
        periods_per_year=float(meta["periods_per_year"]),
    )
