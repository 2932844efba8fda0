"""What a training will do, checked before anything is written, and what its run folder says of itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantrl.agents._training import checkpoint
from quantrl.agents._training import folder as folders
from quantrl.agents._training.log import Columns
from quantrl.agents._training.progress import Shown
from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb.config import StatArbTrain
from quantrl.agents.dqn_statarb.lesson import COLUMNS, Lesson, pair_id
from quantrl.envs import PairConfig, PairLayout
from quantrl.runs import Trial, code_version, run_id, sha256_json

AGENT = "dqn_statarb"
_TARGET = "quantrl.agents.dqn_statarb.train:train_one"
_SHOWN = Shown(
    (
        ("ratio", "validation_ratio", "{:.3f}"),
        ("epsilon", "exploration", "{:.2f}"),
        ("TD sd", "td_sd", "{:.3f}"),
    ),
    milestone="validation_value",
)


@dataclass(frozen=True)
class Plan:
    """Everything a training will do; see `quantrl.agents._training.run.Plan`."""

    pair: PairConfig
    train: StatArbTrain
    name: str
    after: Path | None = None

    @property
    def id(self) -> str:
        """Name plus eight hex digits over settings and code; jobs do not matter."""
        train = self.train.model_dump(mode="json", exclude={"jobs", "executor"})
        return run_id(self.name, ["train", train, *self._begun], self.data_id)

    @property
    def data_id(self) -> str:
        """Of the pair."""
        return pair_id(self.pair)

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

    @property
    def seeds(self) -> list[int]:
        """Seeds of the runs."""
        return list(range(self.train.seed0, self.train.seed0 + self.train.seeds))

    def slots(self, folder: Path) -> list[Slot]:
        """Every run."""
        return [Slot.below(folder, 0, seed) for seed in self.seeds]

    def lesson(self, slot: Slot) -> Lesson:
        """One run, in this process."""
        return Lesson(self.pair, self.train, slot, self.after)

    def trial(self, slot: Slot) -> Trial:
        """The line of a run in the trial ledger."""
        sha = sha256_json([self.pair.identity, self.train.trial()])
        return Trial(AGENT, self.data_id, self.pair.venue, sha, slot.seed, status="started")

    def begin(self, folder: Path, run: str, command: str) -> dict[str, Any]:
        """Write config and manifest with status ``running``."""
        pair, train = self.pair.model_dump(mode="json"), self.train.model_dump(mode="json")
        sections = {
            "agent": AGENT,
            "name": self.name,
            "pair": folders.settings(pair),
            "train": folders.settings(train),
        }
        header = {
            "schema": 1,
            "kind": "train",
            "agent": AGENT,
            "id": run,
            "name": self.name,
            "command": command,
            "status": "running",
            "code_version": code_version(),
            "versions": checkpoint.versions(),
            "config_sha": sha256_json([self.pair.identity, self.train.trial()]),
            "market_id": self.data_id,
            "venue": self.pair.venue,
            "data": {
                "id": self.data_id,
                "window": self.pair.venue,
                "source": self._source,
                "columns": list(PairLayout.of(self.pair).names),
            },
            "folds": [{"index": 0}],
            "pair": pair,
            "train": train,
            "seeds": self.seeds,
            "after": None if self.after is None else str(self.after),
            "runs": [],
        }
        folders.begin(folder, sections, header)
        return header

    @property
    def _begun(self) -> list[str | None]:
        """What each seed begins from, by sha256; empty where all begin anew."""
        if self.after is None:
            return []
        results = [folders.result(slot) or {} for slot in self.slots(self.after)]
        return [found.get("policy_sha") for found in results]

    @property
    def _source(self) -> str:
        if not self.pair.has_tape:
            return f"simulated {self.pair.venue}"
        names = (
            f"{Path(path).name} {sha}"
            for path, sha in zip(self.pair.events, self.pair.events_sha, strict=True)
        )
        kind = "recorded" if self.pair.venue == "replay" else "simulated flow"
        return f"{kind} {', '.join(names)}"

    def announce(self, header: dict[str, Any]) -> None:
        """Say what is trained on what."""
        pair = self.pair
        print(
            f"{header['id']}: {len(self.seeds)} runs of {self.train.steps:,} steps of {self.train.algo} on "
            f"{pair.venue}, kappa dt {pair.kappa_dt:g}, cost {pair.cost:g} s",
            file=sys.stderr,
            flush=True,
        )

    def work(self, folder: Path, slots: Sequence[Slot], place: Path) -> tuple[str, Any, list[Any]]:
        """One task a seed."""
        shared = {
            "folder": str(folder),
            "pair": self.pair.model_dump(mode="json"),
            "train": self.train.model_dump(mode="json"),
            "after": None if self.after is None else str(self.after),
        }
        return _TARGET, shared, [slot.seed for slot in slots]
