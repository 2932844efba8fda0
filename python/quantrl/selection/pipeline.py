"""From ledger to capital: score, rank, gate, select, allocate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from quantrl.config import SelectionConfig
from quantrl.errors import ConfigError, LookAheadError
from quantrl.runs import sha256_json
from quantrl.selection._configured import steps_of
from quantrl.selection._ledger_view import BEGINNING, LedgerView
from quantrl.selection._members import build, describe
from quantrl.selection._step import PipelineStep
from quantrl.selection.allocate import Allocator
from quantrl.selection.clusters import Clusters
from quantrl.selection.gate import Gate, GateReport
from quantrl.selection.learning import Learners
from quantrl.selection.lifecycle import CANDIDATE, STATES, Lifecycle, Transition
from quantrl.selection.path import PathRisk
from quantrl.selection.rank import RankAggregator
from quantrl.selection.score import Round, Scorer
from quantrl.selection.score.normal_score_eb import DAYS_PER_YEAR
from quantrl.selection.select import Selection, Selector
from quantrl.typing import BoolArray, JsonObject

STATE_VERSION = 2
_REST = ("ban", "vesting", "probation", "copy_correlation", "target_vol", "periods_per_year")
_STEPS = ("score", "rank", "gate", "select", "allocate")
_CUTTING = ("faulty", "drawdown", "cusum")
_RUIN = -1.0


class Pipeline:
    """Joins the five steps. A step depends on the views given so far and nothing else.

    A step that is a `Learner` is told what became known before it is asked; its state is part of the pipeline's.

    Parameters
    ----------
    scorer, aggregator, gate, selector, allocator
        One member of each family.
    voters : sequence of Scorer
        More scorers, whose frames only the aggregator sees, after that of `scorer`.
    ban : int
        Decisions an agent stays out after a cut.
    vesting, probation : float
        Parts of its slot an agent's capital grows by every fifth decision, and keeps at most in doubt (`Lifecycle`).
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
        voters: Sequence[Scorer] = (),
        ban: int = 63,
        vesting: float = 0.25,
        probation: float = 0.5,
        copy_correlation: float = 0.95,
        target_vol: float = 0.10,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        self.scorer, self.aggregator, self.gate = scorer, aggregator, gate
        self.selector, self.allocator = selector, allocator
        self.voters = tuple(voters)
        aggregator.accept(1 + len(self.voters))
        self._learners = Learners({family: step for family, step in self._steps() if family != "score"})
        self.states = Lifecycle(ban, vesting=vesting, probation=probation)
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
        """Normal scores, top K with hysteresis, equal volatility, or the steps a config names instead.

        Parameters
        ----------
        config : SelectionConfig, optional
            Its steps and numbers; the defaults without it. A number reaches every step that has a parameter of its name,
            ``top_k`` also as ``k``, but for what the step's own table says.
        seed : int
            Key of the draws behind the probability of being among the K best.
        periods_per_year : float
            Rounds a year.

        Raises
        ------
        ConfigError
            A step no folder holds, or a parameter it does not have or refuses.
        """
        c = config or SelectionConfig()
        return Pipeline(
            **steps_of(c, seed=seed, periods_per_year=periods_per_year),
            ban=c.ban,
            vesting=c.vesting,
            probation=c.probation,
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
        since = self._seen
        update = self.scorer.update(view)
        told = [voter.update(view) for voter in self.voters]
        self._now, self._seen = now, view.t
        warnings = list(dict.fromkeys(text for one in (update, *told) for text in one.warnings))
        scores = self.scorer.scores()
        self._grow(len(scores))
        transitions = self.states.release(self._decisions)
        if transitions:
            self.path.restart([move.agent for move in transitions])
        transitions += self._fold(update.rounds)
        frame = scores.with_path(self.path.drawdown, self.path.cusum)
        held = self.states.funded
        self._learners.tell(
            view,
            since,
            update.rounds,
            clusters=self.clusters.labels,
            held=held,
            sigma=self.path.sigma,
        )
        ranking = self.aggregator.rank([frame, *(voter.scores() for voter in self.voters)], held)
        failing = [agent for agent in faulty if agent < len(frame)]
        gates = self.gate.check(frame, ranking, self.states, self.clusters.labels, failing)
        chosen = self.selector.select(ranking, gates, frame.n_ready)
        shares = self.allocator.allocate(chosen, frame)
        transitions += self._move(held, gates, chosen)
        shares = shares * self.states.level
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
        voters = {"voters": [describe(voter) for voter in self.voters]} if self.voters else {}
        return {
            **{family: describe(step) for family, step in self._steps()},
            **voters,
            "ban": self.states.ban,
            "vesting": self.states.vesting,
            "probation": self.states.probation,
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
            voters = [build("score", one) for one in settings.get("voters", ())]
            rest = {key: settings[key] for key in _REST}
        except KeyError as error:
            raise ConfigError(f"pipeline settings: {error} is missing") from None
        return Pipeline(
            scorer=scorer,
            aggregator=aggregator,
            gate=gate,
            selector=selector,
            allocator=allocator,
            voters=voters,
            **rest,
        )

    def state_dict(self) -> dict[str, Any]:
        """State as JSON: a pipeline that loads it decides on as this one would have."""
        return {
            "version": STATE_VERSION,
            "settings": sha256_json(self.settings()),
            "decisions": self._decisions,
            "now": self._now,
            "seen": self._seen,
            "scorer": self.scorer.state_dict(),
            "states": self.states.state_dict(),
            "clusters": self.clusters.state_dict(),
            "path": self.path.state_dict(),
            **({"voters": [voter.state_dict() for voter in self.voters]} if self.voters else {}),
            **({"learned": self._learners.state_dict()} if self._learners else {}),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped, bit for bit.

        Raises
        ------
        ConfigError
            Of another version or configuration, or damaged; nothing is loaded.
        """
        if state.get("version") != STATE_VERSION:
            raise ConfigError(
                f"pipeline state: expected version {STATE_VERSION}, got {state.get('version')!r}"
            )
        before = self.state_dict()
        if state.get("settings", before["settings"]) != before["settings"]:
            raise ConfigError("pipeline state: of another configuration")
        try:
            self._load(state)
        except (AttributeError, LookupError, OverflowError, TypeError, ValueError) as error:
            self._load(before)
            raise ConfigError(f"pipeline state: damaged: {error}") from None

    def _load(self, state: dict[str, Any]) -> None:
        for name in ("states", "clusters", "path", "scorer"):
            part: Any = getattr(self, name)
            part.load_state_dict(state[name])
        for voter, own in zip(self.voters, state.get("voters", ()), strict=True):
            voter.load_state_dict(own)
        if self._learners:
            self._learners.load_state_dict(state["learned"])
        agents = {
            len(part)
            for part in (self.states.state, self.path.cusum, self.clusters.labels, self.scorer.scores())
        }
        if len(agents) > 1:
            raise ValueError(f"expected parts of equally many agents, got {sorted(agents)}")
        times = np.array([state[name] for name in ("decisions", "now", "seen")], dtype=np.int64)
        self._decisions, self._now, self._seen = times.tolist()

    def _steps(self) -> tuple[tuple[str, Any], ...]:
        steps = (self.scorer, self.aggregator, self.gate, self.selector, self.allocator)
        return tuple(zip(_STEPS, steps, strict=True))

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
            self.clusters.restart(matured.changed)
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
        funded = self.states.fund(
            chosen.agents, self._decisions, lambda agent: ", ".join(gates.reasons(agent)) or "outranked"
        )
        newly = [move.agent for move in funded if move.after != STATES[CANDIDATE]]
        if newly:
            self.path.restart(newly)
        stayed = held & self.states.funded
        return moves + funded + self.states.watch(stayed & gates.doubtful, gates.calm, self._decisions)
