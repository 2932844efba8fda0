"""A place in a training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Slot:
    """A place in a training: which fold, which seed, and ``folds/<fold>/seed<seed>`` of the run folder."""

    fold: int
    seed: int
    folder: Path

    @staticmethod
    def below(run: Path, fold: int, seed: int) -> Slot:
        """The place in a run folder."""
        return Slot(fold, seed, run / "folds" / str(fold) / f"seed{seed}")

    @property
    def label(self) -> str:
        """For progress."""
        return f"fold {self.fold} seed {self.seed}"

    @property
    def run(self) -> Path:
        """The run folder."""
        return self.folder.parents[2]
