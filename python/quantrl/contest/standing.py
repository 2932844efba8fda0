"""What a contest has learnt so far: accounts, ledgers, scores, and what the agents remember."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from quantrl.contest.data_team.factor import FactorWork
from quantrl.contest.documents.view import DocView
from quantrl.contest.evaluate.platt import Platt, usable_platt
from quantrl.contest.own_record import PastSignal
from quantrl.contest.predict.matrix import matrix
from quantrl.contest.rewards import rewards
from quantrl.contest.types import Factor, Rating, Signal
from quantrl.contest.world import World
from quantrl.data.reveal import Reveal
from quantrl.errors import ContestError
from quantrl.selection import LedgerView
from quantrl.selection._poll import Poll
from quantrl.selection.field import Field, Outcome
from quantrl.selection.ledger import Ledger
from quantrl.selection.pipeline import Pipeline
from quantrl.typing import BoolArray, FloatArray, JsonObject

T = TypeVar("T")


@dataclass
class Today:
    """What the steps of one day hand to each other; a step reads only what the steps before it have set."""

    t: int
    universe: tuple[str, ...] = ()
    documents: DocView = field(default_factory=lambda: DocView(0, ()))
    works: list[FactorWork] = field(default_factory=list)
    factors: tuple[Factor, ...] = ()
    read: tuple[Factor, ...] = ()
    funded: FloatArray = field(default_factory=lambda: np.zeros(0))
    signal_works: list[JsonObject] = field(default_factory=list)
    poll: Poll | None = None
    held: FloatArray | None = None
    present: BoolArray | None = None
    utility: FloatArray = field(default_factory=lambda: np.zeros(0))
    outcome: Outcome | None = None
    capital: FloatArray = field(default_factory=lambda: np.zeros(0))
    scales: FloatArray = field(default_factory=lambda: np.zeros(0))
    target: FloatArray = field(default_factory=lambda: np.zeros(0))

    @property
    def known_poll(self) -> Poll:
        """Answers of all entrants."""
        return _known(self.poll, "poll")

    @property
    def known_held(self) -> FloatArray:
        """(A, N) what each held as far as it is known."""
        return _known(self.held, "held")

    @property
    def known_outcome(self) -> Outcome:
        """The selection engine's decision."""
        return _known(self.outcome, "outcome")


class Standing:
    """Everything that changes, and only by steps that are in the journal.

    Parameters
    ----------
    world : World

    Attributes
    ----------
    field : Field
        Shadow accounts and ledger of the research contest, with the selection engine's pipeline.
    factor_ledger : Ledger
        Of the data contest: gross is the return of the portfolio the ratings imply.
    data_pipeline : Pipeline
        The selection engine on the factor ledger.
    ratings : dict of day to ratings by data agent
        Those whose day has not been scored yet.
    data_scores : list of (A,) float64
        Chosen score of each data agent, one row a scored day.
    judged : list of (A, J) float64
        Judge scores of each day so far.
    in_charge : dict of engine to tuple of int
        Data agents chosen at the last rebuild.
    memory : dict
        What data agents remember, plain JSON.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        config, roster = world.config, world.roster
        annual = world.periods_per_year
        self.field = Field(
            roster.labels,
            roster.entrants.kinds,
            world.panel.n_instruments,
            world.timeline,
            world.settings,
            Pipeline.default(seed=config.seed, periods_per_year=annual),
        )
        self.factor_ledger = Ledger(roster.readers, overlap=1)
        self.data_pipeline = Pipeline.default(seed=config.seed, periods_per_year=annual)
        self.ratings: dict[int, list[tuple[Rating, ...]]] = {}
        self.factors: dict[int, tuple[Factor, ...]] = {}
        self.data_scores: list[FloatArray] = []
        self.scored = world.calendar.first - 1
        self.signals: dict[int, dict[str, list[Signal]]] = {}
        self.past: dict[str, list[PastSignal]] = {agent.id: [] for agent in roster.researchers.values()}
        self.judged: list[FloatArray] = []
        self.first: list[FloatArray] = []
        self.in_charge: dict[str, tuple[int, ...]] = {}
        self.memory: Any = None
        self.reveal: Reveal = world.panel.reveal()
        self.today = Today(world.calendar.first)

    @property
    def scores(self) -> FloatArray:
        """(T, A) chosen scores of the data agents, oldest first."""
        if not self.data_scores:
            return np.zeros((0, len(self.world.roster.data_agents)))
        return np.array(self.data_scores)

    def begin(self, t: int) -> None:
        """A new day: nothing of the one before is left but what was learnt."""
        self.today = Today(t)

    def arrive(self, t: int) -> None:
        """The bar before day t: accounts are filled and marked, and what matured goes to the ledger."""
        row = self.world.calendar.row(t)
        close, price = self.world.prices
        self.field.arrive(row, close[row], price[row])

    def price_signals(self) -> None:
        """Signals whose day is known by d(t) join the record of their agents."""
        clock, t = self.world.clock, self.today.t
        for day in [day for day in self.signals if day <= clock.newest(t)]:
            returns = self.world.matured_returns(day, t)
            made = self.signals.pop(day)
            for agent, signals in made.items():
                self.past[agent] += [
                    PastSignal(
                        day,
                        clock.d(day),
                        clock.matured_at(day),
                        signal.symbol,
                        signal.action,
                        signal.probability,
                        realised,
                    )
                    for signal in signals
                    if not np.isnan(realised := self.world.realised(signal.action, signal.symbol, returns))
                ]
            self.first.append(self._first_of(made, returns))

    def rewards(self, view: LedgerView) -> FloatArray:
        """(T, A) scores of the research contest in a view of its ledger, as the mechanism reads them."""
        world = self.world
        first = np.array(self.first) if self.first else None
        return rewards(view, world.mechanism, len(world.roster.labels), world.config.initial_cash, first)

    def recalibration(self) -> Platt | None:
        """The curve for stated probabilities, where it has helped; from matured buys and sells of all researchers."""
        rows = sorted(
            (one.day, agent, one.probability, one.realised > 0)
            for agent, past in self.past.items()
            for one in past
        )
        stated = np.array([row[2] / 100.0 for row in rows])
        return usable_platt(stated, np.array([float(row[3]) for row in rows])) if rows else None

    def net_returns(self, agent: int) -> list[float]:
        """Net returns of one entrant known at d(t), oldest first; NaN where it abstained."""
        known = self.field.ledger.as_of(self.world.clock.d(self.today.t))
        found: list[float] = matrix(known, len(self.world.roster.labels)).scores[:, agent].tolist()
        return found

    def _first_of(self, made: dict[str, list[Signal]], returns: FloatArray) -> FloatArray:
        """(A,) return of the first signal in its direction; infinite for entrants without text."""
        sign = {"buy": 1.0, "sell": -1.0, "hold": np.nan}
        found = np.full(len(self.world.roster.labels), np.inf)
        for place, agent in self.world.roster.researchers.items():
            signals = made.get(agent.id, [])
            first = signals[0] if signals else None
            found[place] = sign[first.action] * returns[self.world.column[first.symbol]] if first else np.nan
        return found

    def decide(self) -> None:
        """The accounts take the decision of today."""
        row = self.world.calendar.row(self.today.t)
        close, price = self.world.prices
        self.field.decide(row, self.today.known_poll, close[row], price[row])

    def settle(self) -> None:
        """After the last day: what matures with the bar of that day goes to both ledgers. Nothing may follow.

        The last decision itself stays pending.
        """
        from quantrl.contest.steps.context import mature, scores_of

        t = self.today.t
        row = self.world.calendar.row(t) + 1
        close, price = self.world.prices
        if row < len(close):
            self.field.arrive(row, close[row], price[row])
        for day in range(self.scored + 1, t):
            mature(self, day, scores_of(self, day, self.world.returns[day]))

    def judgements(self, scored: int) -> FloatArray | None:
        """(scored + delay, A, J) judge scores up to today's; None where no day has matured or nobody is judged.

        A predictor counts its judgements from the day of the first score, and today's are the last. On a day when prices
        came late, or earlier than on the first, those in between are left out or unknown: none of them can be learnt from.
        """
        judges = self.world.mechanism.judges
        if not scored or judges is None or judges.use == "off" or not judges.count:
            return None
        *past, today = self.judged
        before = scored + self.world.calendar.delay - 1
        unknown = [np.full_like(today, np.nan)] * (before - len(past))
        return np.array([*past[:before], *unknown, today])


def _known(value: T | None, name: str) -> T:
    if value is None:
        raise ContestError(f"{name}: is read before the step that sets it")
    return value
