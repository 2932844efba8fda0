"""The daemon decides as a contest does, and its orders fill as a backtest's do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from live.paper_books import EASY, UNITS, config, logs, make, panel, scripted
from quantrl.agent import Agent, Decision
from quantrl.backtest import Bar, BarSession, Costs
from quantrl.data import Panel, View
from quantrl.live.answers import from_ppb, to_ppb
from quantrl.live.closing import capital_ppm
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.selection import Contest
from quantrl.selection.entrant import Entrant
from quantrl.selection.pipeline import Pipeline


@dataclass(frozen=True)
class InPpb:
    """An agent whose weights have been parts per billion, as the daemon's journal keeps them."""

    agent: Agent

    def decide(self, view: View) -> Decision:
        decided = self.agent.decide(view)
        weights = from_ppb(to_ppb(decided.checked_weights(view.n_instruments)))
        return Decision(weights, decided.probability, (), decided.tokens, decided.usd)


def contest_of(daemon: Daemon, *, whole: bool) -> Contest:
    """The contest over the same feed, with weights in ppb (`whole`) or as the agents gave them."""
    setup, settings = daemon.setup, daemon.setup.config
    agents = [
        Entrant(one.label, InPpb(one.agent) if whole else one.agent, one.id, one.kind, one.params)
        for one in setup.entrants
    ]
    assert setup.panel.periods_per_year is not None
    return Contest(
        agents,
        setup.panel,
        Pipeline.default(
            settings.selection, seed=settings.seed, periods_per_year=setup.panel.periods_per_year
        ),
        fill=settings.backtest.fill,
        costs=Costs.from_config(settings.backtest.costs),
        sizing=settings.backtest.sizing,
        initial_cash=settings.initial_cash,
        seed=settings.seed,
        baselines=False,
        max_gross=settings.selection.max_gross,
    )


def rounds_of(contest: Contest, bars: int) -> list[dict[int, int]]:
    """Capital in ppm of every agent that has some, bar by bar."""
    found = []
    for t in range(bars):
        contest.step(t)
        ppm = capital_ppm(contest.shares[t], contest.scales[t], contest.wanted, contest.max_gross)
        found.append({agent: part for agent, part in enumerate(ppm) if part})
    return found


def compare_rounds(daemon: Daemon) -> int:
    """Every ALLOCATED row beside the contest's; the largest distance from one whose weights were never in ppb."""
    ours = [log.allocated for log in logs(daemon)]
    same = rounds_of(contest_of(daemon, whole=True), len(ours))
    for t, (mine, theirs) in enumerate(zip(ours, same, strict=True)):
        assert mine == theirs, f"bar {t}"
    assert sum(map(bool, ours)) > 10
    floats = rounds_of(contest_of(daemon, whole=False), len(ours))
    return max(
        abs(mine.get(agent, 0) - theirs.get(agent, 0))
        for mine, theirs in zip(ours, floats, strict=True)
        for agent in {*mine, *theirs, 0}
    )


def compare_fills(daemon: Daemon) -> tuple[int, int, int]:
    """Every fill beside a backtest account that is given the same orders; legs, cash-bound bars, most lots apart.

    The account gets as weights what it holds and what the daemon ordered, in lots; everything else it keeps.
    """
    setup = daemon.setup
    n, lot = len(setup.instruments), float(setup.instruments.table[0].lot)
    settings = setup.config
    session = BarSession(
        n,
        fill=settings.backtest.fill,
        size_at="decision",
        lot=lot,
        costs=Costs.from_config(settings.backtest.costs),
        initial_cash=settings.initial_cash,
    )
    legs = bound = worst = 0
    strayed = False
    last = np.full(n, np.nan)
    for log in logs(daemon):
        bar = Bar(setup.close[log.row], setup.price[log.row])
        ahead = session.fork()
        ahead.step(bar)
        last = np.where(np.isnan(bar.close), last, bar.close)
        weights = np.full(n, np.nan)
        for intent in log.intents:
            target = max(round(ahead.units[intent.inst] / lot) + intent.side * intent.qty, 0)
            weights[intent.inst] = target * lot * last[intent.inst] / ahead.equity
        session.step(bar, weights)
        ours = {fill.inst: fill.side * fill.qty for fill in log.fills}
        filled = session.fills
        traded = np.rint(filled["units"] / lot).astype(int).tolist()
        theirs = dict(zip(filled["instrument"].tolist(), traded, strict=True))
        apart = max((abs(ours.get(i, 0) - theirs.get(i, 0)) for i in {*ours, *theirs}), default=0)
        strayed = strayed or bool(log.expired)
        assert apart <= (1 if strayed else 0), f"bar {log.row}: {ours} {theirs}"
        legs, bound, worst = legs + len(log.fills), bound + bool(log.expired), max(worst, apart)
    if worst == 0:
        assert session.cash == pytest.approx(daemon.state().cash / UNITS, abs=1e-8 * legs + 1e-4)
    return legs, bound, worst


def run(folder: Path, settings: PaperConfig, feed: Panel, until: int | None = None) -> Daemon:
    daemon = make(folder / "book", settings, feed)
    daemon.run(until=until)
    daemon.book.check()
    return daemon


@pytest.mark.parametrize("seed", range(3))
def test_rounds_and_fills_on_random_panels(seed: int, tmp_path: Path) -> None:
    agents = [
        scripted(f"random_{salt}", salt=salt, every=1 + salt, hold=0.3 * (salt % 2)) for salt in range(4)
    ]
    agents.append({"id": "rules/buy_and_hold"})
    settings = config(
        *agents,
        backtest={"fill": ("next_open", "next_close")[seed % 2], "costs": {"bps": 25.0}},
        selection={**EASY, "top_k": 4},
    )
    with run(tmp_path, settings, panel(seed, 110, 5, gaps=0.04)) as daemon:
        assert compare_rounds(daemon) <= 2
        legs, _, worst = compare_fills(daemon)
        assert legs > 100
        assert worst <= 1


@pytest.mark.parametrize("seed", range(3))
def test_fills_where_cash_binds(seed: int, tmp_path: Path) -> None:
    """A small account, always fully invested, with dear costs."""
    settings = config(
        *[scripted(f"random_{salt}", salt=salt, gross=1.0, hold=0.0) for salt in range(3)],
        initial_cash=20_000.0,
        backtest={"fill": "next_open", "costs": {"bps": 100.0}},
    )
    with run(tmp_path, settings, panel(seed, 110, 5, gaps=0.02, vol=0.04)) as daemon:
        legs, bound, worst = compare_fills(daemon)
        assert legs > 50
        assert bound > 0
        assert worst <= 1


def test_an_agent_that_holds_invests_the_capital_it_is_given(tmp_path: Path) -> None:
    """Buy and hold bought in its shadow account long before any capital came; the capital must follow."""
    settings = config(
        {"id": "rules/buy_and_hold"},
        *(scripted(f"once_{salt}", every=500, hold=0.0, salt=salt) for salt in range(2)),
    )
    with run(tmp_path, settings, panel(5, 110, 4)) as daemon:
        state = daemon.book
        for agent in range(3):
            equity = state.equity_of(agent)
            assert equity > 0
            invested = 1.0 - state.books.cash(16 + agent) / equity
            assert invested == pytest.approx(state.held[agent].sum(), abs=0.02)


def test_capital_that_is_due_is_freed_by_an_agent_that_holds(tmp_path: Path) -> None:
    """Cut to nothing, an agent that would keep everything sells and pays back."""
    settings = config(
        {"id": "rules/buy_and_hold"},
        scripted("other", hold=0.0),
        scripted("third", salt=4, hold=0.0),
        selection={**EASY, "top_k": 1},
        rounds={"quiet_rounds": 0},
    )
    with run(tmp_path, settings, panel(5, 140, 4, vol=0.01)) as daemon:
        seen: set[int] = set()
        for log in logs(daemon):
            seen |= set(log.allocated)
        assert len(seen) > 1
        books = daemon.book.books
        last = logs(daemon)[-1].allocated
        for agent in set(range(3)) - set(last):
            assert books.equity(16 + agent) < books.account_equity() // 50


def test_no_contest_without_ppb_differs_by_more(tmp_path: Path) -> None:
    """The comparison can fail: a contest with other costs funds others."""
    with run(tmp_path, config(), panel(2, 110, 4)) as daemon:
        contest: Any = contest_of(daemon, whole=True)
        cheap = Contest(
            contest.entrants, daemon.setup.panel, contest.pipeline, costs=Costs(bps=300.0), baselines=False
        )
        assert rounds_of(cheap, 110) != [log.allocated for log in logs(daemon)]
