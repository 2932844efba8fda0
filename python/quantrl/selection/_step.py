"""What one step of a pipeline decided."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.selection.frame import ScoreFrame
from quantrl.selection.gate import GateReport
from quantrl.selection.lifecycle import Transition
from quantrl.selection.rank import Ranking
from quantrl.selection.select import Selection
from quantrl.typing import FloatArray, IntArray


@dataclass(frozen=True)
class PipelineStep:
    """One decision on capital, with everything it rests on. Arrays are (A,), by agent id.

    Attributes
    ----------
    weights : float64
        Capital shares; none negative, sum at most one, the rest is cash.
    scales : float64
        Factor to the target volatility an agent's weights are multiplied by when netted.
    scores, ranking, gates, selection
        Outcome of each step.
    clusters : int64
        Component of copies each agent belongs to, named by its lowest id.
    states : int64
        Index into `lifecycle.STATES` after this decision.
    transitions : tuple of Transition
    warnings : tuple of str
    """

    weights: FloatArray
    scales: FloatArray
    scores: ScoreFrame
    ranking: Ranking
    gates: GateReport
    selection: Selection
    clusters: IntArray
    states: IntArray
    transitions: tuple[Transition, ...]
    warnings: tuple[str, ...]

    @property
    def selected(self) -> tuple[int, ...]:
        """Funded agents, best first."""
        return self.selection.agents

    @property
    def runner_up(self) -> tuple[int, float | None] | None:
        """The best allowed agent without a slot and how far its key is behind."""
        agent = self.selection.runner_up
        return None if agent is None else (agent, self.selection.gap)
