"""The contest: agents decide, their shadow accounts earn, the pipeline funds, one book trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.backtest.costs import Costs
from quantrl.backtest.fills import fill_prices
from quantrl.backtest.settings import Settings
from quantrl.config import SelectionConfig
from quantrl.errors import ConfigError
from quantrl.selection._book import Books
from quantrl.selection._interrupts import held_back
from quantrl.selection._poll import Poll, ask
from quantrl.selection._step import PipelineStep
from quantrl.selection.audit import AuditTrail
from quantrl.selection.baselines import Baseline
from quantrl.selection.entrant import entrants
from quantrl.selection.field import Field
from quantrl.selection.netting import net, traded_apart
from quantrl.selection.pipeline import Pipeline
from quantrl.selection.rival import Rivals
from quantrl.selection.sleeves import Sleeves
from quantrl.selection.timeline import Timeline
from quantrl.typing import BoolArray, FloatArray, JsonObject

if TYPE_CHECKING:
    from quantrl.config import Config
    from quantrl.data import Panel
    from quantrl.selection._result import ContestResult

_LEAST_RANKED = 3
_TOO_FEW = f"fewer than {_LEAST_RANKED} agents cannot be ranked: all cash"
START_VOL = 0.20
"""Annual volatility assumed of an agent without rows."""
_EVERY = 32
_DECISIONS_LIMIT = 1 << 29
_TEN_BP = Costs()


class Contest:
    """Ranks agents on their matured results, funds the best, nets their targets into one book.

    Parameters
    ----------
    agents : iterable
        Registry ids, `AgentConfig`, agents, (label, agent) pairs or `Entrant`.
    panel : Panel
    pipeline : Pipeline, optional
        A fresh one; the default without it.
    fill, costs, sizing, initial_cash
        As in `run_weights`, for every account. A panel of closes must name ``next_close``.
    seed : int
        Key of every random number.
    threads : int
        For the bootstrap and batches; no result depends on it.
    baselines : bool
        Run the books to compare with, on the same decisions; `rivals` are further ones, by name.
    max_gross : float
        Limit on the exposure of a netted book.

    Raises
    ------
    ConfigError
        No agents, two of one name, a fill the panel has no prices for, or a setting out of range.

    Attributes
    ----------
    done : int
        Bars taken, each with one decision.
    shares, scales : (T, A) float64
        Capital shares, and factors to the target volatility.
    wanted : (A, N) float64
        What each agent wanted at the newest decision.
    before : (N,) float64
        What the contest's book held then.
    traded : (T, 2) float64
        Fractions of equity: what the funded agents would trade in accounts of their own, and the netted book does.
    sleeves : Sleeves
        Capital of recorded returns: instruments after the panel's own, counted in every N here.
    targets : (T, N) float64
        Netted target weights of the contest.
    factors : (T,) float64
        What capital was multiplied by to respect the limit on exposure.
    decisions : (T, A, N) float64 or None
        What every agent decided; None if it would not fit in memory.
    errors : list of (bar, agent, message)
        Decisions that failed.
    """

    def __init__(
        self,
        agents: Iterable[Any],
        panel: Panel,
        pipeline: Pipeline | None = None,
        *,
        fill: str = "next_open",
        costs: Costs = _TEN_BP,
        sizing: str = "post_cost",
        initial_cash: float = 1_000_000.0,
        seed: int = 0,
        threads: int = 1,
        baselines: bool = True,
        rivals: Mapping[str, Baseline] | None = None,
        max_gross: float = 1.0,
        name: str = "contest",
    ) -> None:
        self.settings = Settings(fill, sizing, costs, initial_cash)
        self.panel, self.seed, self.threads, self.name = panel, seed, threads, name
        self.max_gross = max_gross
        if not 0 < max_gross <= 1:
            raise ConfigError(f"max_gross: expected above 0 and at most 1, got {max_gross!r}")
        self.timeline = Timeline(panel, fill)
        self.entrants = entrants(agents, seed=seed, sleeves=True)
        self.sleeves = Sleeves.of(self.entrants, panel)
        n_bars, n = self.sleeves.panel.shape
        count = len(self.entrants)
        self._close = self.sleeves.panel["close"]
        self._price = np.ascontiguousarray(fill_prices(self.sleeves.panel, fill))
        self.field = Field(
            [entrant.label for entrant in self.entrants],
            [entrant.kind for entrant in self.entrants],
            n,
            self.timeline,
            self.settings,
            pipeline or Pipeline.default(seed=seed, periods_per_year=_annual(panel)),
        )
        self.pipeline, self.ledger, self.shadows = self.field.pipeline, self.field.ledger, self.field.shadows
        self.errors = self.field.errors
        self.book = Books(1, n, self.settings, n_bars)
        self.targets: FloatArray = np.zeros((n_bars, n))
        self.factors: FloatArray = np.ones(n_bars)
        self.rivals = Rivals(
            panel,
            count,
            seed=seed,
            max_gross=max_gross,
            on=baselines,
            n_sleeves=n - panel.n_instruments,
            more=rivals,
        )
        self.audit = AuditTrail(self._header())
        self.shares = np.zeros((n_bars, count))
        self.scales = np.full((n_bars, count), self._start_scale())
        keep = n_bars * count * n * 8 <= _DECISIONS_LIMIT
        self.decisions = np.full((n_bars, count, n), np.nan) if keep else None
        self.warnings: dict[str, int] = {}
        self.status = "done"
        self.done = 0
        self.last: PipelineStep | None = None
        self.wanted: FloatArray = np.zeros((count, n))
        self.before: FloatArray = np.zeros(n)
        self.traded = np.zeros((n_bars, 2))
        self._sleeves: FloatArray = np.zeros((count, n))
        self._reveal = panel.reveal()
        self._next = 0

    def step(self, t: int) -> PipelineStep:
        """One bar: results of the past, one decision of every agent, one of the pipeline.

        Parameters
        ----------
        t : int
            Bar; they are taken in order from 0.

        Raises
        ------
        ConfigError
            Not the next bar.
        """
        if t != self._next or t >= self.panel.n_bars:
            raise ConfigError(f"expected bar {self._next} of {self.panel.n_bars}, got {t}")
        self._next += 1
        now = int(self.timeline.time[t])
        close, price = self._close[t], self._price[t]
        self.field.arrive(t, close, price)
        self.book.arrive(t, close, price)
        held = self.field.known_holdings(t)
        own = held[:, : self.sleeves.own]
        poll = self.sleeves.widen(ask(self.entrants, self._reveal.at(now), own), now)
        step = self._fund(t, now, poll, held)
        if self.decisions is not None:
            self.decisions[t] = poll.weights
        self.field.decide(t, poll, close, price)
        self.book.decide(t, [self.targets[t]], close, price)
        self.done, self.last = t + 1, step
        return step

    def run(self, progress: Callable[[int, int], None] | None = None) -> ContestResult:
        """Take every bar that is left.

        Parameters
        ----------
        progress : callable, optional
            Called now and then with bars done and bars in all.

        Notes
        -----
        An interrupt ends the contest after the last whole decision; the result is valid and says so.
        """
        from quantrl.selection._result import ContestResult

        n_bars = self.panel.n_bars
        try:
            with held_back() as interrupt:
                for t in range(self._next, n_bars):
                    self.step(t)
                    if progress is not None and (t % _EVERY == 0 or t + 1 == n_bars):
                        progress(t + 1, n_bars)
                    interrupt.check()
        except KeyboardInterrupt:
            if not self.done:
                raise
            self.status = "interrupted"
            # A bar may be half taken: nothing can follow.
            self._next = n_bars
        return ContestResult.of(self)

    def _fund(self, t: int, now: int, poll: Poll, held: FloatArray) -> PipelineStep:
        outcome = self.field.judge(t, poll, held)
        wanted, step, view = outcome.wanted, outcome.step, self.ledger.as_of(now)
        seen = len(step.weights)
        self.shares[t, :seen] = step.weights
        self.scales[t, :seen] = step.scales
        self.wanted, self.before = wanted, self.book.held_by(0)
        self.targets[t], self.factors[t] = net(self.shares[t], self.scales[t], wanted, self.max_gross)
        self.rivals.add(view, self.shares[t], self.scales[t], wanted)
        sleeves = (self.shares[t] * self.scales[t] * self.factors[t])[:, None] * wanted
        self.traded[t] = traded_apart(sleeves, self._sleeves, self.targets[t - 1], self.before)
        self._sleeves = sleeves
        self.audit.add(view, step, partial(self._given, t, now, outcome.faulty, poll.failed))
        for warning in step.warnings if len(self.entrants) >= _LEAST_RANKED else (_TOO_FEW,):
            self.warnings[warning] = self.warnings.get(warning, 0) + 1
        return step

    def _given(self, t: int, now: int, faulty: list[int], failed: BoolArray) -> JsonObject:
        """What an audit line says beside the pipeline's decision; netting in fractions of equity traded."""
        apart, netted = self.traded[t].tolist()
        return {
            "now": now,
            "effective": self.timeline.announced(t),
            "netting": {
                "before": apart,
                "after": netted,
                "saving": apart - netted,
                "factor": float(self.factors[t]),
            },
            "claims": [],
            "faulty": faulty,
            "failed": failed.nonzero()[0].tolist(),
        }

    def _start_scale(self) -> float:
        return float(self.pipeline.target_vol / START_VOL)

    def _header(self) -> JsonObject:
        return {
            "agents": [entrant.label for entrant in self.entrants],
            "pipeline": self.pipeline.settings(),
            "account": self.settings.to_config(),
            "max_gross": self.max_gross,
            "overlap": 1,
            "seed": self.seed,
            **({} if self.sleeves.is_empty else {"recorded": self.sleeves.header(self.entrants)}),
        }


def _annual(panel: Panel) -> float:
    if panel.periods_per_year is None:
        raise ConfigError("panel: periods_per_year is required, for example 252.0; it is never guessed")
    return panel.periods_per_year


def build_contest(config: Config, panel: Panel, *, threads: int = 1, baselines: bool = True) -> Contest:
    """The contest a config describes; the stream of an agent's random numbers is its place in it.

    Raises
    ------
    ConfigError
        As for `Contest`.
    """
    selection: SelectionConfig = config.selection
    return Contest(
        config.agents,
        panel,
        Pipeline.default(selection, seed=config.seed, periods_per_year=_annual(panel)),
        fill=config.backtest.fill,
        costs=Costs.from_config(config.backtest.costs),
        sizing=config.backtest.sizing,
        initial_cash=config.initial_cash,
        seed=config.seed,
        threads=threads,
        baselines=baselines,
        max_gross=selection.max_gross,
        name=config.name,
    )
