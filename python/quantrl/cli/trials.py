"""Lines in the trial ledger: one per configured agent when a run starts, and again when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.cli.job import settings
from quantrl.runs import Trial, TrialLedger, finite, sha256_json, spelled
from quantrl.units import iso_date

if TYPE_CHECKING:
    from quantrl.cli.job import Job


@dataclass(frozen=True)
class Trials:
    """The trials of one run by agent label; a run repeated unchanged adds none."""

    ledger: TrialLedger
    by_label: dict[str, Trial]

    @staticmethod
    def start(job: Job, root: Path) -> Trials:
        """Write a ``started`` line for every agent: a trial counts even if it is never finished."""
        window = f"{iso_date(int(job.panel.time[0]))}..{iso_date(int(job.panel.time[-1]))}"
        filled = settings(job.config)["backtest"]
        by_label = {
            entry.label: Trial(
                family=entry.id,
                data_id=job.source_id,
                window=window,
                config_sha=sha256_json([spelled(entry.params), filled]),
                seed=job.config.seed,
                status="started",
            )
            for entry in job.config.agents
        }
        trials = Trials(TrialLedger(root), by_label)
        trials.ledger.read()  # a damaged ledger is found before the run, not after it
        trials.ledger.append(list(by_label.values()))
        return trials

    def end(self, status: str, sharpe: Mapping[str, float | None]) -> None:
        """Write the outcome of every agent; one without a Sharpe ratio keeps None."""
        self.ledger.append(
            [
                replace(trial, status=status, sharpe=finite(sharpe.get(label)))
                for label, trial in self.by_label.items()
            ]
        )

    def counts(self) -> dict[str, int]:
        """Trials of this run, and of every run on the same data below this folder."""
        data_id = next(iter(self.by_label.values())).data_id
        return {"this_run": len(self.by_label), "on_data": self.ledger.count(data_id=data_id)}

    def others(self) -> tuple[float, ...]:
        """Sharpe ratios of trials on the same data that are not of this run, annualised, in the order of the ledger."""
        own = {trial.key for trial in self.by_label.values()}
        data_id = next(iter(self.by_label.values())).data_id
        return tuple(value for key, value in self.ledger.sharpes(data_id=data_id).items() if key not in own)
