"""The released code's choice: the k highest utilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from quantrl.contest.context import Offers, fitted
from quantrl.errors import ConfigError
from quantrl.typing import JsonObject


@final
@dataclass(frozen=True)
class TopK:
    """The k highest utilities above 0 that still fit, best first; ties go to the lower id.

    Parameters
    ----------
    k : int
    """

    k: int = 3

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ConfigError(f"k: expected at least 1, got {self.k}")

    def choose(self, offers: Offers) -> tuple[int, ...]:
        """Chosen ids, ascending."""
        ids = offers.useful
        best = ids[np.argsort(-offers.u[ids], kind="stable")][: self.k]
        return fitted(best.tolist(), offers)

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"k": self.k}


BUILD = TopK
