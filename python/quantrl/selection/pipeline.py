"""From ledger to capital: score, rank, gate, select, allocate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from quantrl.config import SelectionConfig
from quantrl.errors import ConfigError, LookAheadError
from quantrl.selection._ledger_view import BEGINNING, LedgerView
from quantrl.selection._members import build, describe
from quantrl.selection.allocate import Allocator
from quantrl.selection.allocate.equal_vol import EqualVol
from quantrl.selection.clusters import Clusters
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.gate import Gate, GateReport
from quantrl.selection.gate.standard import Standard
from quantrl.selection.lifecycle import Lifecycle, Transition
from quantrl.selection.path import PathRisk
from quantrl.selection.rank import RankAggregator, Ranking
from quantrl.selection.rank.identity import Identity
from quantrl.selection.score import Round, Scorer
from quantrl.selection.score.normal_score_eb import DAYS_PER_YEAR, NormalScoreEB
from quantrl.selection.select import Selection, Selector
from quantrl.selection.select.top_k import TopK
from quantrl.typing import BoolArray, FloatArray, IntArray, JsonObject

STATE_VERSION = 1
_REST = ("ban", "copy_correlation", "target_vol", "periods_per_year")
_STEPS = ("score", "rank", "gate", "select", "allocate")
_CUTTING = ("faulty", "cusum")
_RUIN = -1.0


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


class Pipeline:
    """Joins the five steps. A step depends on the views given so far and nothing else.

    Parameters
    ----------
    scorer, aggregator, gate, selector, allocator
        One member of each family.
    ban : int
        Decisions an agent stays out after a cut.
    copy_correlation : float
        Correlation of scaled returns from which two agents count as copies.
    target_vol : float
        Annual volatility agents are scaled to: the unit of the CUSUM.
    periods_per_year : float
        Rounds a year, which make the volatility annual.
    """

    def __init__(
        self,
        *,
        scorer: Scorer,
        aggregator: RankAggregator,
        gate: Gate,
        selector: Selector,
        allocator: Allocator,
        ban: int = 63,
        copy_correlation: float = 0.95,
        target_vol: float = 0.10,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        self.scorer, self.aggregator, self.gate = scorer, aggregator, gate
        self.selector, self.allocator = selector, allocator
        self.states = Lifecycle(ban)
        self.clusters = Clusters(copy_correlation)
        self.target_vol, self.periods_per_year = target_vol, periods_per_year
        self.path = PathRisk(target_vol / periods_per_year**0.5)
        self._decisions = 0
        self._now = BEGINNING
        self._seen = BEGINNING

    @staticmethod
    def default(
        config: SelectionConfig | None = None, *, seed: int = 0, periods_per_year: float = DAYS_PER_YEAR
    ) -> Pipeline:
        """Normal scores, top K with hysteresis, equal volatility.

        Parameters
        ----------
        config : SelectionConfig, optional
            Its numbers; the defaults without it.
        seed : int
            Key of the draws behind the probability of being among the K best.
        periods_per_year : float
            Rounds a year.
        """
        c = config or SelectionConfig()
        return Pipeline(
            scorer=NormalScoreEB(
                half_life=c.half_life, target_vol=c.target_vol, periods_per_year=periods_per_year
            ),
            aggregator=Identity(c.hysteresis, seed),
            gate=Standard(c.psr_enter, c.psr_stay, c.cusum_cut),
            selector=TopK(c.top_k),
            allocator=EqualVol(),
            ban=c.ban,
            copy_correlation=c.copy_correlation,
            target_vol=c.target_vol,
            periods_per_year=periods_per_year,
        )

    def step(self, view: LedgerView, now: int, *, faulty: Sequence[int] = ()) -> PipelineStep:
        """Decide on capital at `now`.

        Parameters
        ----------
        view : LedgerView
            What is known; not later than `now`.
        now : int
            Time of the decision, ns.
        faulty : sequence of int
            Agents whose last three decisions failed.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, one later than `now`, or time going backwards. The state is unchanged.
        """
        self._check(view, now)
        update = self.scorer.update(view)
        self._now, self._seen = now, view.t
        warnings = list(update.warnings)
        self._grow(view.n_agents)
        transitions = self.states.release(self._decisions)
        if transitions:
            self.path.restart([move.agent for move in transitions])
        transitions += self._fold(update.rounds)
        frame = self.scorer.scores().with_path(self.path.drawdown, self.path.cusum)
        held = self.states.active
        ranking = self.aggregator.rank([frame], held)
        failing = [agent for agent in faulty if agent < len(frame)]
        gates = self.gate.check(frame, ranking, self.states, self.clusters.labels, failing)
        chosen = self.selector.select(ranking, gates, frame.n_ready)
        shares = self.allocator.allocate(chosen, frame)
        transitions += self._move(held, gates, chosen)
        if not chosen.agents:
            warnings.append(
                "no agent is ready: all cash" if not frame.n_ready else "no agent may be funded: all cash"
            )
        self._decisions += 1
        return PipelineStep(
            weights=shares,
            scales=frame.scale,
            scores=frame,
            ranking=ranking,
            gates=gates,
            selection=chosen,
            clusters=self.clusters.labels.copy(),
            states=self.states.state.copy(),
            transitions=tuple(transitions),
            warnings=tuple(warnings),
        )

    def settings(self) -> JsonObject:
        """Name and parameters of every step."""
        steps = zip(
            _STEPS, (self.scorer, self.aggregator, self.gate, self.selector, self.allocator), strict=True
        )
        return {
            **{family: describe(step) for family, step in steps},
            "ban": self.states.ban,
            "copy_correlation": self.clusters.correlation,
            "target_vol": self.target_vol,
            "periods_per_year": self.periods_per_year,
        }

    @staticmethod
    def from_settings(settings: JsonObject) -> Pipeline:
        """A fresh pipeline from what `settings` said.

        Raises
        ------
        ConfigError
            A step that no folder holds, or a parameter it does not have.
        """
        try:
            scorer, aggregator, gate, selector, allocator = (build(f, settings[f]) for f in _STEPS)
            rest = {key: settings[key] for key in _REST}
        except KeyError as error:
            raise ConfigError(f"pipeline settings: {error} is missing") from None
        return Pipeline(
            scorer=scorer, aggregator=aggregator, gate=gate, selector=selector, allocator=allocator, **rest
        )

    def state_dict(self) -> dict[str, Any]:
        """State as JSON: a pipeline that loads it decides on as this one would have."""
        return {
            "version": STATE_VERSION,
            "decisions": self._decisions,
            "now": self._now,
            "seen": self._seen,
            "scorer": self.scorer.state_dict(),
            "states": self.states.state_dict(),
            "clusters": self.clusters.state_dict(),
            "path": self.path.state_dict(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped, bit for bit.

        Raises
        ------
        ConfigError
            Of another version, or damaged.
        """
        if state.get("version") != STATE_VERSION:
            raise ConfigError(
                f"pipeline state: expected version {STATE_VERSION}, got {state.get('version')!r}"
            )
        before = self.state_dict()
        try:
            self._load(state)
        except (KeyError, TypeError, ValueError) as error:
            self._load(before)
            raise ConfigError(f"pipeline state: damaged: {error}") from None

    def _load(self, state: dict[str, Any]) -> None:
        for name in ("states", "clusters", "path", "scorer"):
            part: Any = getattr(self, name)
            part.load_state_dict(state[name])
        self._decisions, self._now, self._seen = (
            int(state["decisions"]),
            int(state["now"]),
            int(state["seen"]),
        )

    def _check(self, view: LedgerView, now: int) -> None:
        if not isinstance(view, LedgerView):
            raise LookAheadError(f"expected a LedgerView from Ledger.as_of, got {type(view).__name__}")
        if view.t > now:
            raise LookAheadError(f"the view knows {view.t}, later than the decision at {now}")
        if now < self._now or view.t < self._seen:
            raise LookAheadError(
                f"time went back: the last decision was at {self._now}, this one is at {now}"
            )

    def _grow(self, n: int) -> None:
        if n > len(self.states.state):
            self.states.grow(n)
            self.clusters.grow(n)
            self.path.grow(n)

    def _fold(self, rounds: tuple[Round, ...]) -> list[Transition]:
        moves: list[Transition] = []
        for matured in rounds:
            self.path.fold(matured)
            self.clusters.fold(matured)
            if matured.net.min(initial=0.0) <= _RUIN:
                ruined = matured.agent[matured.net <= _RUIN].tolist()
                moves += self.states.cut(ruined, self._decisions, "ruined", for_good=True)
        return moves

    def _move(self, held: BoolArray, gates: GateReport, chosen: Selection) -> list[Transition]:
        moves: list[Transition] = []
        for agent in (held & ~gates.ok).nonzero()[0].tolist():
            why = next((reason for reason in _CUTTING if reason in gates.reasons(agent)), None)
            if why is not None:
                moves += self.states.cut([agent], self._decisions, why)
        funded = self.states.fund(chosen.agents, lambda agent: ", ".join(gates.reasons(agent)) or "outranked")
        newly = [move.agent for move in funded if move.after == "active"]
        if newly:
            self.path.restart(newly)
        return moves + funded
