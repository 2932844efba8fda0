"""What is judged, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantrl.agents.sharpe_portfolio.evaluation.baselines import BASELINES, Baseline
from quantrl.agents.sharpe_portfolio.evaluation.trials import TrialCount
from quantrl.agents.sharpe_portfolio.evaluation.walking import Policy
from quantrl.envs.portfolio import PortfolioConfig
from quantrl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from quantrl.backtest import Fold
    from quantrl.data import Panel


@dataclass(frozen=True, eq=False)
class Study:
    """Trained policies and the data they are judged on.

    Attributes
    ----------
    panel : Panel
    config : PortfolioConfig
        Of the environments the policies were trained in; where names were drawn, evaluation holds all of them.
    folds : sequence of Fold
        Test segments in order, none overlapping.
    policies : mapping of int to mapping of int to Policy
        By fold index, then seed.
    trials : TrialCount

    Raises
    ------
    DataError
        No fold, a fold without a policy, or test segments that overlap.
    """

    panel: Panel
    config: PortfolioConfig
    folds: Sequence[Fold]
    policies: Mapping[int, Mapping[int, Policy]]
    trials: TrialCount

    def __post_init__(self) -> None:
        if not self.folds:
            raise DataError("folds: expected at least one, got none")
        for fold in self.folds:
            if not self.policies.get(fold.index):
                raise DataError(f"fold {fold.index}: expected at least one trained policy, got none")
        for before, after in zip(self.folds, self.folds[1:], strict=False):
            if after.test[0] < before.test[1]:
                raise DataError(f"fold {after.index}: its test segment overlaps that of fold {before.index}")

    @property
    def span(self) -> tuple[int, int]:
        """Rows from the first decision to the end of the last test segment."""
        return self.folds[0].test[0], self.folds[-1].test[1]


@dataclass(frozen=True)
class Options:
    """How a study is judged.

    Attributes
    ----------
    costs_bps : tuple of float
        Of the sweep; the evaluation itself charges what the environment did.
    draws : int
        Shuffles, and draws of noise.
    bootstrap : int
        Replicates of every interval.
    seed : int
        Of controls and bootstrap.
    baselines : tuple of Baseline

    Raises
    ------
    ConfigError
        A number out of range.
    """

    costs_bps: tuple[float, ...] = (0.0, 10.0, 25.0, 50.0)
    draws: int = 200
    bootstrap: int = 5000
    seed: int = 0
    baselines: tuple[Baseline, ...] = BASELINES

    def __post_init__(self) -> None:
        for name in ("draws", "bootstrap"):
            if not 1 <= getattr(self, name) <= 1_000_000:
                raise ConfigError(f"{name}: expected 1 to 1,000,000, got {getattr(self, name)!r}")
        for bps in self.costs_bps:
            if not 0 <= bps < 10_000:
                raise ConfigError(f"costs: expected basis points from 0 to below 10,000, got {bps!r}")


def steps(study: Study, options: Options) -> int:
    """How often an evaluation ticks: per policy, per installed baseline, and for controls, statistics and costs."""
    return (
        sum(len(study.policies[fold.index]) for fold in study.folds)
        + sum(one.installed for one in options.baselines)
        + 3
    )
