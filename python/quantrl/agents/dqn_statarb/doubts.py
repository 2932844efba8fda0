"""What a finished training says against itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from quantrl.agents._training.log import read_rows
from quantrl.agents._training.slot import Slot
from quantrl.agents.dqn_statarb.config import StatArbTrain

MOST_NOISE = 0.3
"""Standard deviation of TD errors in U: above it noise meets the kink of the Huber loss, and thresholds drift."""
FIRST_UPDATES = 20_000


def doubts(folder: Path, train: StatArbTrain, seeds: Sequence[int]) -> list[str]:
    """A sentence for each seed whose TD errors were too noisy in its first `FIRST_UPDATES` updates.

    Parameters
    ----------
    folder : Path
        Run folder; the rows of each ``progress.csv`` are looked at.
    train : StatArbTrain
    seeds : sequence of int
    """
    found = []
    for seed in seeds:
        rows = read_rows(Slot.below(folder, 0, seed).folder / "progress.csv")
        noise = [
            float(row["td_sd"]) for row in rows if row["td_sd"] and _updates(row, train) <= FIRST_UPDATES
        ]
        if noise and max(noise) > MOST_NOISE:
            found.append(
                f"seed {seed}: TD errors had a standard deviation of {max(noise):.2f} U in the first {FIRST_UPDATES:,} "
                f"updates, expected at most {MOST_NOISE:g}: rewards are large for the loss"
            )
    return found


def _updates(row: dict[str, Any], train: StatArbTrain) -> float:
    """Gradient steps done at a row."""
    return max(int(row["steps"]) - train.learning_starts, 0) / train.n_envs * train.gradient_steps
