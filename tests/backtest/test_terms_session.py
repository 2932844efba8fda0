"""An account under terms, stepped: equal to the run bit for bit, restored anywhere, led by an agent."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backtest.markets import panel_of
from backtest.test_terms import market, some_run
from quantrl.agent import Decision
from quantrl.backtest import Bar, BarSession, Costs, Day, Margin, Result, Terms, run_agent, run_weights
from quantrl.backtest.feed import Feed
from quantrl.data import View
from quantrl.errors import ConfigError, DataError, OrderError
from quantrl.typing import FloatArray

COLUMNS = (
    "equity",
    "cash",
    "cost",
    "traded",
    "gross",
    "scale",
    "fill_equity",
    "dividends",
    "interest",
    "short_fees",
)


def session_of(result: Result) -> BarSession:
    settings = result.settings
    return BarSession(
        5,
        fill=settings.fill,
        sizing=settings.sizing,
        costs=settings.costs,
        size_at=settings.size_at,
        lot=settings.lot,
        terms=settings.terms,
    )


def walk(
    session: BarSession, result: Result, restore_at: frozenset[int] = frozenset()
) -> tuple[BarSession, FloatArray]:
    weights, feed, rows = result.schedule.dense(40), Feed.of(result.bars, result.settings), []
    for t in range(40):
        if t in restore_at:
            session = BarSession.restore(session.snapshot())
        rows.append(session.step(Bar(result.bars.close[t], result.bars.price[t], feed.day(t)), weights[t]))
    return session, np.array(rows)


@pytest.mark.parametrize("seed", range(24))
def test_stepping_is_running_bit_for_bit_and_so_is_resuming(seed: int) -> None:
    result = some_run(seed)
    session, stepped = walk(session_of(result), result)
    for k, name in enumerate(COLUMNS):
        assert np.array_equal(stepped[:, k], result.columns[name], equal_nan=True), name
    assert session.units.tobytes() == result.units[-1].tobytes()
    waiting = session.pending
    assert (waiting is None) == (result.pending.size == 0)
    at = np.random.default_rng(seed).choice(40, 20, replace=False)
    _, broken = walk(session_of(result), result, frozenset(int(t) for t in at))
    assert broken.tobytes() == stepped.tobytes()


def test_fills_drops_and_held_are_those_of_the_last_bar() -> None:
    session = BarSession(
        2, fill="close", costs=Costs.zero(), initial_cash=1000.0, terms=Terms(margin=Margin())
    )
    price = np.array([10.0, 20.0])
    session.step(Bar(price, price), np.array([1.0, -0.5]))
    assert session.fills["units"].tolist() == [100.0, -25.0]
    assert session.held.tolist() == [1.0, -0.5]
    session.step(Bar(np.array([11.0, np.nan]), np.array([11.0, np.nan])), np.array([math.nan, 0.0]))
    assert session.drops == [(1, "no_price")]
    assert session.held.tolist() == [1.0, pytest.approx(-500.0 / 1100.0)]
    ahead = session.look(Bar(price, price))
    assert ahead.tolist() == [1.0, -0.5]
    assert session.n_bars == 2


def test_errors_change_nothing() -> None:
    terms = Terms(margin=Margin(), lend=0.02, actions=True)
    session = BarSession(2, fill="close", terms=terms)
    price, day = np.array([10.0, 20.0]), Day(1 / 365)
    session.step(Bar(price, price, day), np.array([1.0, -0.5]))
    before = session.snapshot()
    with pytest.raises(ConfigError, match=r"bar\.day: expected with terms of interest"):
        session.step(Bar(price, price))
    with pytest.raises(DataError, match="split: row 0: 0 of instrument 1 is out of range"):
        session.step(Bar(price, price, Day(1 / 365, split=np.array([1.0, 0.0]))))
    with pytest.raises(DataError, match=r"dividend: expected shape \[2\], got \[1\]"):
        session.step(Bar(price, price, Day(1 / 365, dividend=np.array([1.0]))))
    with pytest.raises(DataError, match="years: expected 1 finite numbers"):
        session.step(Bar(price, price, Day(-1.0)))
    with pytest.raises(OrderError, match="weights are 3 in size, more than max_gross 2"):
        session.step(Bar(price, price, day), np.array([1.5, -1.5]))
    assert session.snapshot() == before
    with pytest.raises(ConfigError, match="participation: needs the volume"):
        BarSession(2, fill="close", terms=Terms(participation=0.1)).step(Bar(price, price))
    with pytest.raises(DataError, match="snapshot"):
        BarSession.restore(before[:-1])


class LongShort:
    """Long what rose on the last bar, short what fell; told what it holds."""

    def __init__(self) -> None:
        self.held: list[FloatArray] = []

    def decide(self, view: View) -> Decision:
        assert view.held is not None
        self.held.append(view.held.copy())
        close = view.last("close")
        if view.n < 2:
            return Decision(np.full(close.shape, np.nan))
        return Decision(0.3 * np.sign(close / view["close"][-2] - 1.0))


def test_an_agent_may_be_short_on_margin_and_only_there() -> None:
    panel = market(3, acts=False)
    agent = LongShort()
    terms = Terms(margin=Margin(), borrow=0.05, short_fee=0.02, price_limits=True)
    result = run_agent(agent, panel, terms=terms)
    result.audit()
    assert result.digest() == run_weights(panel, result.schedule, terms=terms).digest()
    assert (result.units < 0).any()
    # What it was told at each close is what the run holds there.
    marks = panel.marks()
    expected = result.units * marks / result.equity[:, None]
    np.testing.assert_allclose(np.array(agent.held), expected, rtol=0, atol=1e-12)
    with pytest.raises(OrderError, match="bar 1: weight -0.3 is negative in a cash account"):
        run_agent(LongShort(), panel)
    with pytest.raises(OrderError, match="bar 1: weights are 1.5 in size, more than 1.2"):
        run_agent(LongShort(), panel, terms=Terms(margin=Margin(1.2, 0.2)))


def test_the_plain_session_takes_no_notice_of_a_day() -> None:
    panel = panel_of({"close": np.full((3, 2), 10.0), "open": np.full((3, 2), 10.0)})
    with_day, without = BarSession(2), BarSession(2)
    for t in range(3):
        bar = Bar(panel["close"][t], panel["open"][t])
        outs = [
            one.step(b, np.array([0.5, 0.4]))
            for one, b in ((with_day, bar._replace(day=Day(0.1))), (without, bar))
        ]
        assert np.array_equal(outs[0], outs[1], equal_nan=True)
