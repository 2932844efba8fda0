"""A contest run again with something changed: what it will ask, the run itself, and the paired difference it makes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quantrl.contest.analysts_of import RECORD
from quantrl.contest.config import ContestConfig
from quantrl.contest.contest_run import ContestRun
from quantrl.contest.contest_trade import ContestTrade
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.evaluate.accounts import Accounts
from quantrl.contest.evaluate.gap import Gap, gap, no_gap
from quantrl.contest.llm.cost import usd_of
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject

if TYPE_CHECKING:
    from quantrl.data import Panel

TOO_SHORT = "too_short"


@dataclass(frozen=True)
class Estimate:
    """What runs will ask of models at most; rules ask nobody.

    Attributes
    ----------
    name : str
    runs : int
        Whole contests to run.
    calls : int
        Answers that are not in the record.
    usd : float or None
        None where a reply had no known price.
    """

    name: str
    runs: int
    calls: int
    usd: float | None

    @property
    def asks(self) -> bool:
        """Whether a model is asked, or money may be spent."""
        return self.calls > 0 or self.usd is None or self.usd > 0


def estimate(
    name: str, calls: Sequence[JsonObject], runs: int, tasks: Collection[str] | None = None
) -> Estimate:
    """From the calls of a run, those of `tasks` asked anew in each of `runs` (all tasks without it)."""
    anew = [line for line in calls if line["kind"] != "rules" and (tasks is None or line["task"] in tasks)]
    costs = [usd_of(line) for line in anew]
    usd = None if None in costs else float(sum(cost or 0.0 for cost in costs)) * runs
    return Estimate(name, runs, len(anew) * runs, usd if runs else 0.0)


def run_again(
    run: ContestRun,
    config: ContestConfig,
    target: Path,
    *,
    panel: Panel | None = None,
    docs: DocumentStore | None = None,
    threads: int = 1,
) -> ContestRun:
    """Run `config` into `target`; answers that `run` recorded to the same questions are used.

    Raises
    ------
    QuantrlError
        What `ContestTrade.run` raises.
    """
    contest = ContestTrade(config, llms=run.llms, root=target.parent, threads=threads)
    recorded = (run.folder / RECORD).is_dir()
    return contest.run(
        run.panel if panel is None else panel,
        run.docs if docs is None else docs,
        out=target,
        fork=run.folder if recorded else None,
    )


def changed(config: ContestConfig, **changes: object) -> ContestConfig:
    """The config with top-level fields replaced and checked again; it asks and records, even where it was a replay.

    Raises
    ------
    ConfigError
        Fields that do not fit each other.
    """
    raw = config.model_dump(exclude_unset=True) | changes
    llm = raw.get("llm")
    if isinstance(llm, dict) and llm.get("mode") == "replay":
        raw["llm"] = {key: value for key, value in llm.items() if key not in ("mode", "replay")}
    return ContestConfig(**raw)


@dataclass(frozen=True, eq=False)
class Paired:
    """Books over the same days, the first of them the one the others are compared with."""

    accounts: Accounts

    @classmethod
    def of(cls, nets: dict[str, FloatArray], periods_per_year: float, seed: int) -> Paired:
        """From (T,) net returns a day by name.

        Raises
        ------
        ConfigError
            Not all of one length.
        """
        lengths = {len(net) for net in nets.values()}
        if len(lengths) != 1:
            raise ConfigError(f"books: expected the same days in all, got {sorted(lengths)} days")
        table = np.column_stack(list(nets.values()))
        return cls(Accounts(tuple(nets), table, np.zeros_like(table), periods_per_year, seed))

    def sharpe(self, names: Sequence[str]) -> JsonObject:
        """Mean annualised Sharpe ratio of some books with a 95 % interval over days; of one book, its own."""
        if len(names) == 1:
            found: JsonObject = self.accounts.measures(names[0])["sharpe"]
            return found
        value, draws = self._mean(names)
        made = gap(value, draws)
        return {
            "value": _or_none(made.value),
            "low": _or_none(made.low),
            "high": _or_none(made.high),
            "reason": made.reason,
        }

    def less(self, names: Sequence[str]) -> Gap:
        """Sharpe ratio of the first book less the mean over `names`, days drawn together."""
        if not self.accounts.long_enough:
            return no_gap(TOO_SHORT)
        first = [self.accounts.names[0]]
        own, own_draws = self._mean(first)
        value, draws = self._mean(names)
        return gap(own - value, own_draws - draws)

    def _mean(self, names: Sequence[str]) -> tuple[float, FloatArray]:
        if not self.accounts.long_enough:
            return float("nan"), np.zeros(0)
        places = [self.accounts.place(name) for name in names]
        values = self.accounts.values("sharpe")[places]
        # A book that never leaves cash has no ratio; beside others it counts as 0.
        return float(np.nan_to_num(values).mean()), np.nan_to_num(self.accounts.sharpe_draws[:, places]).mean(
            axis=1
        )


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
