"""What a training will do: folds, seeds and where each run goes, checked before anything is written."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.agents._training.log import Columns
from quantrl.agents._training.progress import Shown
from quantrl.agents._training.slot import Slot
from quantrl.agents.sharpe_portfolio.training import _folder
from quantrl.agents.sharpe_portfolio.training._handover import shared_of, task_of, write_market
from quantrl.agents.sharpe_portfolio.training.config import TrainConfig
from quantrl.agents.sharpe_portfolio.training.lesson import COLUMNS, Lesson, Rows
from quantrl.backtest import Expanding
from quantrl.envs import Market, PortfolioConfig
from quantrl.runs import Trial, run_id, sha256_json
from quantrl.units import iso_date, ns_from_iso

if TYPE_CHECKING:
    from quantrl.backtest import Fold
    from quantrl.data import Panel

AGENT = "sharpe_portfolio"
_TARGET = "quantrl.agents.sharpe_portfolio.training.train:train_one"
_SHOWN = Shown(
    (
        ("reward", "ep_rew_mean", "{:+.3f}"),
        ("validation Sharpe", "validation_sharpe", "{:+.2f}"),
        ("KL", "approx_kl", "{:.4f}"),
        ("clipped", "clip_fraction", "{:.0%}"),
    ),
    milestone="validation_sharpe",
)


@dataclass(frozen=True)
class Plan:
    """Everything a training will do, checked before anything is written.

    Attributes
    ----------
    panel : Panel
        Cut at `TrainConfig.until`.
    data_id : str
        Id of the panel before it was cut.
    env, train : PortfolioConfig, TrainConfig
    folds : tuple of Fold
    name : str
        First part of the run's id.
    data : dict
        ``data`` section that loads the panel again; empty where it came from arrays.
    """

    panel: Panel
    data_id: str
    env: PortfolioConfig
    train: TrainConfig
    folds: tuple[Fold, ...]
    name: str
    data: dict[str, Any]

    @staticmethod
    def of(
        panel: Panel, env: PortfolioConfig, train: TrainConfig, name: str, data: dict[str, Any] | None
    ) -> Plan:
        """The plan of a training.

        Raises
        ------
        DataError
            Too few bars for one fold, or a price that is not usable.
        ConfigError
            Settings that do not fit the panel.
        """
        cut = panel if train.until is None else panel.between(None, _last_ns(train.until))
        return Plan(cut, panel.id, env, train, folds_of(cut, train), name, data or _sample(panel))

    @property
    def id(self) -> str:
        """Name plus eight hex digits over settings, data and code; jobs do not matter."""
        train = self.train.model_dump(mode="json", exclude={"jobs", "executor"})
        return run_id(self.name, ["train", self.env.model_dump(mode="json"), train], self.panel.id)

    @property
    def window(self) -> str:
        """First and last date of the data."""
        return f"{iso_date(int(self.panel.time[0]))}..{iso_date(int(self.panel.time[-1]))}"

    @property
    def seeds(self) -> list[int]:
        """Seeds of the runs of each fold."""
        return list(range(self.train.seed0, self.train.seed0 + self.train.seeds))

    @property
    def market(self) -> Market:
        """The whole panel as the environments read it: for its id and `action_bounds`."""
        return Market.of(self.panel, self.env)

    @property
    def columns(self) -> Columns:
        """Of ``progress.csv``."""
        return COLUMNS

    @property
    def shown(self) -> Shown:
        """What of them is shown."""
        return _SHOWN

    @property
    def steps(self) -> int:
        """Of one run."""
        return self.train.steps

    @property
    def jobs(self) -> int | None:
        """Processes."""
        return self.train.jobs

    @property
    def backend(self) -> str:
        """Of the executor."""
        return self.train.executor

    def begin(self, folder: Path, run: str, command: str) -> dict[str, Any]:
        """Write config and manifest."""
        return _folder.begin(folder, self, run, command)

    def announce(self, header: dict[str, Any]) -> None:
        """Say what the policy can hold at all."""
        bounds, runs = header["action_bounds"], len(header["folds"]) * len(header["seeds"])
        print(
            f"{header['id']}: {runs} runs of {header['train']['steps']:,} steps; a name weighs "
            f"{bounds['w_min']:.2%} to {bounds['w_max']:.2%}, cash at most {bounds['cash_max']:.2%}",
            file=sys.stderr,
            flush=True,
        )

    def work(self, folder: Path, slots: Sequence[Slot], place: Path) -> tuple[str, Any, list[Any]]:
        """One task a run; the market of each fold in a file that ends before the test."""
        files = {fold: place / f"fold{fold}.npz" for fold in sorted({slot.fold for slot in slots})}
        for fold, file in files.items():
            write_market(file, self.market_before_test(fold))
        tasks = [task_of(slot, self.rows(slot.fold), files[slot.fold]) for slot in slots]
        return _TARGET, shared_of(folder, self.env, self.train), tasks

    def slots(self, folder: Path) -> list[Slot]:
        """Every run, fold by fold."""
        return [Slot.below(folder, fold.index, seed) for fold in self.folds for seed in self.seeds]

    def rows(self, fold: int) -> Rows:
        """What the runs of a fold may use."""
        chosen = self.folds[fold]
        return Rows(chosen.train, chosen.validation, chosen.test[0])

    def market_before_test(self, fold: int) -> Market:
        """All the runs of a fold get to see."""
        return Market.of(self.panel.head(self.rows(fold).test_start), self.env)

    def lesson(self, slot: Slot) -> Lesson:
        """One run, in this process."""
        return Lesson(self.market_before_test(slot.fold), self.rows(slot.fold), self.env, self.train, slot)

    def trial(self, slot: Slot) -> Trial:
        """The line of a run in the trial ledger."""
        return Trial(
            family=AGENT,
            data_id=self.data_id,
            window=self.window,
            config_sha=sha256_json([self.env.model_dump(mode="json"), self.train.trial()]),
            seed=slot.seed,
            fold=slot.fold,
            status="started",
        )


def folds_of(panel: Panel, train: TrainConfig) -> tuple[Fold, ...]:
    """Walk-forward folds of a panel: an expanding training segment, gaps, validation and test."""
    rule = Expanding(
        min_train=train.min_train,
        validation=train.validation,
        test=train.test,
        step=train.step,
        gap=train.gap,
        min_test=train.min_test,
        last=train.folds,
    )
    found: tuple[Fold, ...] = rule.folds(panel.n_bars)
    return found


def _last_ns(until: str) -> int:
    return ns_from_iso(until, end_of_day=True)


def _sample(panel: Panel) -> dict[str, Any]:
    return {"sample": panel.name} if panel.source == f"sample {panel.name}" else {}
