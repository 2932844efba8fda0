"""What a book earned beside what its agents and the market did on the same bars."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from quantrl.backtest.costs import Costs
from quantrl.backtest.settings import Settings
from quantrl.live import answers, events
from quantrl.live.bar_books import Bar
from quantrl.live.events import KIND_OF
from quantrl.live.frames import UNITS
from quantrl.live.reading import ClosedBook
from quantrl.live.rounds import RoundState
from quantrl.live.state import State
from quantrl.selection import _leaderboard
from quantrl.selection._accounts import Accounts
from quantrl.selection._book import SERIES
from quantrl.selection.lifecycle import CUT, STATES
from quantrl.selection.rival import LABELS, MARKET, market_targets, run_books
from quantrl.typing import FloatArray, JsonObject

PAPER = "paper"
BOOKS = {PAPER: ("Paper book", PAPER), MARKET: LABELS[MARKET]}
_SCORE = 10**9


@dataclass(frozen=True, eq=False)
class Results:
    """A book over T bars, at least one.

    Parameters
    ----------
    book : ClosedBook
    bars : sequence of Bar
    state : State
        At the end of the journal.
    """

    book: ClosedBook
    bars: Sequence[Bar]
    state: State

    @cached_property
    def accounts(self) -> Accounts:
        """Measures of the book, of the market and of every shadow account."""
        setup = self.book.setup
        n = len(self.bars)
        panel = setup.panel if n == setup.panel.n_bars else setup.panel.head(n)
        market = np.full((n, 1, panel.n_instruments), np.nan)
        market[:, 0, : setup.market.n_instruments] = market_targets(setup.market["close"][:n])
        targets = np.concatenate([market, self._decided()], axis=1)
        others = run_books(panel, targets, self._settings(), threads=1)
        names = [*(f"book:{name}" for name in BOOKS), *(f"agent:{label}" for label in setup.labels)]
        assert panel.periods_per_year is not None
        return Accounts(
            names,
            np.concatenate([self._own()[:, None], others], axis=1),
            setup.capital / UNITS,
            panel.periods_per_year,
            seed=setup.config.seed,
        )

    @cached_property
    def shares(self) -> FloatArray:
        """(T, A) capital of each agent over the book's equity."""
        funded = np.array([bar.funded for bar in self.bars], dtype=np.float64)
        whole = np.array([bar.equity for bar in self.bars], dtype=np.float64)
        return np.divide(funded, whole[:, None], out=np.zeros_like(funded), where=whole[:, None] > 0)

    def leaderboard(self) -> list[JsonObject]:
        """One entry an agent, best place of the last round first."""
        setup, rounds, state = self.book.setup, self._last_round(), self.state
        labels = setup.labels
        chances = _leaderboard.luck(self.accounts, labels, len(labels))
        standing = state.field.pipeline.states.state
        order = sorted(
            range(len(labels)), key=lambda agent: (rounds.get(agent, {}).get("rank", math.inf), agent)
        )
        rows = []
        for pos, agent in enumerate(order, 1):
            entrant, known = setup.entrants[agent], rounds.get(agent, {})
            name = f"agent:{entrant.label}"
            stands = STATES[int(standing[agent])] if agent < len(standing) else STATES[0]
            psr, dsr = chances[agent]
            rows.append(
                {
                    "pos": pos,
                    "agent": entrant.label,
                    "id": entrant.id,
                    "kind": entrant.kind,
                    "summary": entrant.summary,
                    "params": entrant.params,
                    "state": "off" if state.is_off(agent) else stands,
                    "reasons": self._reasons(agent, known, stands),
                    "capital": round(float(self.shares[-1, agent]), 6),
                    "sharpe": self.accounts.measures[name]["sharpe"],
                    "mean": known.get("score"),
                    "key": known.get("key"),
                    "psr": psr,
                    "dsr": dsr,
                    "max_drawdown": self.accounts.value(name, "max_drawdown"),
                    "turnover": self.accounts.value(name, "turnover"),
                    "cost_bps_year": self.accounts.value(name, "cost_bps_year"),
                    "funded_share": float((self.shares[:, agent] > 0).mean()),
                }
            )
        return rows

    def _reasons(self, agent: int, known: JsonObject, stands: str) -> list[str]:
        if self.state.is_off(agent):
            return ["turned off"]
        if not known:
            return ["not scored yet: too few matured decisions"]
        if stands == STATES[CUT]:
            return ["banned after a cut"]
        due = dict(self.state.rounds.due).get(agent, 0)
        words = [] if known.get("ppm") else ["not funded by the last round"]
        return [*words, f"still owes {due / UNITS:,.2f}"] if due else words

    def _last_round(self) -> dict[int, JsonObject]:
        """Score, key, place and share in ppm by agent, of the newest settled round."""
        last: dict[int, JsonObject] = {}
        made: dict[int, JsonObject] = {}
        kind = KIND_OF[events.Round]
        recent = f"SELECT ord FROM event WHERE kind = {kind} ORDER BY ord DESC LIMIT {2 * len(RoundState)}"
        first = min((ord for (ord,) in self.book.journal.rows(recent)), default=1)
        for _, values in self.book.content(events.Round, first=first):
            if values.state == RoundState.OPEN:
                made = {}
            for agent, ppm, score, rank in values.rows:
                line = made.setdefault(agent, {})
                if values.state == RoundState.SCORED:
                    line["score"] = score / _SCORE
                elif values.state == RoundState.RANKED:
                    line |= {"key": score / _SCORE, "rank": rank}
                else:
                    line["ppm"] = ppm
            if values.state == RoundState.SETTLED:
                last = made
        return last

    def _own(self) -> FloatArray:
        """(T, 7) the book itself, as `quantrl.selection._book.SERIES`."""
        tv = self.book.setup.tv
        rows = []
        for bar in self.bars:
            held = sum(lots * mark * each for lots, mark, each in zip(bar.lots, bar.marks, tv, strict=True))
            series: dict[str, Any] = {
                "equity": bar.equity / UNITS,
                "cash": bar.cash / UNITS,
                "cost": (bar.fees + bar.slippage) / UNITS,
                "traded": bar.traded / UNITS,
                "gross": held / bar.equity if bar.equity else math.nan,
                "scale": math.nan,
                "fill_equity": bar.at_fill / UNITS,
            }
            rows.append([series[name] for name in SERIES])
        return np.array(rows)

    def _decided(self) -> FloatArray:
        """(T, A, N) targets of every agent, NaN where it kept what it held."""
        setup = self.book.setup
        found = np.full((len(self.bars), setup.n_agents, len(setup.instruments)), np.nan)
        row = -1
        for event, values in self.book.content(events.Market, events.Timer, events.Decision):
            if not isinstance(values, events.Decision):
                brought = setup.feed.row_of(event, values)
                row = row if brought is None else brought.row
            else:
                found[row, event.agent] = answers.from_ppb(values.targets)
        return found

    def _settings(self) -> Settings:
        config = self.book.setup.config
        costs = Costs.from_config(config.backtest.costs)
        return Settings(config.backtest.fill, config.backtest.sizing, costs, config.initial_cash)
