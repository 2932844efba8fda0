"""Gates: who may get capital, and why not. One final class per file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quantrl.selection.frame import ScoreFrame
from quantrl.selection.lifecycle import Lifecycle
from quantrl.selection.rank import Ranking
from quantrl.typing import BoolArray, IntArray, JsonObject

REASONS = ("young", "banned", "faulty", "mandate", "psr", "drawdown", "cusum", "copy")
"""Why an agent may not get capital, in the order they are given."""


@dataclass(frozen=True)
class GateReport:
    """Verdict on agents 0..A-1.

    Attributes
    ----------
    ok : (A,) bool
        May be funded.
    bits : (A,) uint8
        Bit i stands for ``REASONS[i]``.
    doubtful, calm : (A,) bool
        Losses that put a funded agent on probation, and so few that its probation ends; never both.
    """

    ok: BoolArray
    bits: NDArray[np.uint8]
    doubtful: BoolArray
    calm: BoolArray

    def reasons(self, agent: int) -> tuple[str, ...]:
        """Why not, in order; empty if the agent may be funded."""
        return names_of(int(self.bits[agent]))

    def failed(self, reason: str) -> BoolArray:
        """(A,) agents with this reason."""
        failed: BoolArray = (self.bits & (1 << REASONS.index(reason))) != 0
        return failed


class Gate(Protocol):
    """Rules on single agents and on copies; the order among agents is the ranking's business."""

    def check(
        self,
        frame: ScoreFrame,
        ranking: Ranking,
        states: Lifecycle,
        clusters: IntArray,
        faulty: Sequence[int],
    ) -> GateReport:
        """Judge every agent.

        Parameters
        ----------
        clusters : (A,) int64
            Component of copies each agent belongs to, named by its lowest id.
        faulty : sequence of int
            Agents whose last three decisions failed.
        """
        ...

    def settings(self) -> JsonObject:
        """Parameters."""
        ...


@lru_cache(maxsize=1 << len(REASONS))
def names_of(bits: int) -> tuple[str, ...]:
    """The reasons behind a bit mask."""
    return tuple(name for i, name in enumerate(REASONS) if bits >> i & 1)


def report(
    failed: Sequence[BoolArray], *, doubtful: BoolArray | None = None, calm: BoolArray | None = None
) -> GateReport:
    """A report from one (A,) mask per reason, in the order of `REASONS`; without doubts everybody is calm."""
    bits = np.packbits(failed, axis=0, bitorder="little")[0]
    doubtful = np.zeros(len(bits), dtype=np.bool_) if doubtful is None else doubtful
    return GateReport(bits == 0, bits, doubtful, ~doubtful if calm is None else calm)
