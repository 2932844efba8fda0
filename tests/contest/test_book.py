"""The daily return of an agent and of the netted book, against an oracle written name by name."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from counts import full_or
from quantrl.backtest.costs import Costs
from quantrl.backtest.market_costs import market
from quantrl.backtest.settings import Settings
from quantrl.contest.attribution import attribute
from quantrl.data import Panel
from quantrl.errors import DataError
from quantrl.selection._book import COST, FILL_EQUITY, Books
from quantrl.selection._poll import Poll
from quantrl.selection.field import Field
from quantrl.selection.netting import net
from quantrl.selection.pipeline import Pipeline
from quantrl.selection.timeline import Timeline
from quantrl.units import BP, NS_PER_DAY
from reference import contest_book

CASES = full_or(200, 3)
COSTS = [
    Costs.zero(),
    Costs(bps=10.0),
    market("us").costs(dt.date(2020, 1, 2)),
    market("cn_a").costs(dt.date(2020, 1, 2)),
    Costs(bps=3.0, slippage_bps=2.0, fixed=1.0, minimum=4.0),
]


def plain(costs: Costs) -> dict[str, float]:
    return {
        "buy": costs.buy * BP,
        "sell": costs.sell * BP,
        "slippage": float(costs.slippage_bps) * BP,
        "fixed": costs.fixed,
        "minimum": costs.minimum,
    }


def prices(random: np.random.Generator, days: int, n: int, gaps: float) -> tuple[np.ndarray, np.ndarray]:
    """Opens and closes; some opens are missing where `gaps` is above 0, never on the first day."""
    close = 50.0 * np.exp(np.cumsum(random.normal(0, 0.02, (days, n)), axis=0))
    opens = close * np.exp(random.normal(0, 0.01, (days, n)))
    opens[1:][random.random((days - 1, n)) < gaps] = np.nan
    return opens, close


def panel_of(opens: np.ndarray, close: np.ndarray) -> Panel:
    time = NS_PER_DAY * (18_000 + np.arange(1, len(close) + 1, dtype=np.int64))
    names = [f"N{i}" for i in range(close.shape[1])]
    columns = {
        "open": opens,
        "high": np.fmax(opens, close),
        "low": np.fmin(opens, close),
        "close": close,
    }
    return Panel.from_arrays(columns, time, names, periods_per_year=252.0)


def weights(random: np.random.Generator, shape: tuple[int, ...], holds: float) -> np.ndarray:
    """Rows that sum to less than 1, some names left alone where `holds` is above 0."""
    drawn = random.dirichlet(np.full(shape[-1] + 1, 0.7), size=shape[:-1])[..., :-1]
    drawn[drawn < 0.05] = 0.0
    held = random.random(shape[:-1]) < holds
    return np.where(held[..., None], np.nan, drawn)


def walked(panel: Panel, targets: np.ndarray, costs: Costs, cash: float) -> tuple[Field, np.ndarray]:
    """Everyone through `Field`; row t of the targets is decided after bar t."""
    agents, days, n = targets.shape
    settings = Settings("next_open", "post_cost", costs, cash)
    field = Field(
        [f"agent {i}" for i in range(agents)],
        ["rule"] * agents,
        n,
        Timeline(panel, "next_open"),
        settings,
        Pipeline.default(seed=0, periods_per_year=252.0),
    )
    for t in range(days):
        close, price = panel["close"][t], panel["open"][t]
        field.arrive(t, close, price)
        poll = Poll.empty(agents, n)
        poll.weights[:] = targets[:, t]
        field.decide(t, poll, close, price)
    return field, field.ledger.as_of(int(panel.time[-1])).rows


def before_open(targets: np.ndarray) -> list[list[float]]:
    """Targets by the day whose open fills them: nothing is decided before the first."""
    return [[float("nan")] * targets.shape[1], *targets[:-1].tolist()]


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize("costs", COSTS, ids=["none", "10bp", "us", "cn_a", "fixed"])
def test_returns_of_agents_are_those_of_the_oracle(case: int, costs: Costs) -> None:
    random = np.random.default_rng([case, 31])
    days, n, agents = 14, int(random.integers(1, 5)), 3
    gaps, holds = (0.0, 0.0) if case % 3 == 0 else (0.1, 0.3)
    opens, close = prices(random, days, n, gaps)
    targets = weights(random, (agents, days, n), holds)
    _, rows = walked(panel_of(opens, close), targets, costs, 1e5)
    for i in range(agents):
        values, paid = contest_book.walk(opens, close, before_open(targets[i]), plain(costs), 1e5)
        expected = np.array(contest_book.returns(values))[1:]
        own = rows[rows["agent"] == i]
        acted = own["acted"] > 0
        assert np.abs(np.where(acted, own["gross"] - own["cost"], 0.0) - expected).max() <= 1e-12
        assert np.abs(own["cost"] - np.array(paid[1:-1]) / np.array(values[1:-1])).max() <= 1e-12


@pytest.mark.parametrize("case", range(CASES))
@pytest.mark.parametrize("costs", COSTS, ids=["none", "10bp", "us", "cn_a", "fixed"])
def test_netted_book_is_that_of_the_oracle_and_adds_up(case: int, costs: Costs) -> None:
    random = np.random.default_rng([case, 32])
    days, n, agents = 14, int(random.integers(1, 5)), 4
    opens, close = prices(random, days, n, 0.0)
    panel = panel_of(opens, close)
    targets = weights(random, (agents, days, n), 0.0)
    shares = random.dirichlet(np.full(agents + 1, 0.8), size=days)[:, :-1]
    field, rows = walked(panel, targets, costs, 1e6)

    wanted, _ = net(shares, np.ones_like(shares), targets.transpose(1, 0, 2))
    by_hand = np.array(contest_book.netted(shares.tolist(), targets.tolist()))
    assert np.abs(wanted - by_hand).max() <= 1e-15

    book = Books(1, n, Settings("next_open", "post_cost", costs, 1e6), days)
    for t in range(days):
        book.arrive(t, close[t], opens[t])
        book.decide(t, [wanted[t]], close[t], opens[t])
    values, paid = contest_book.walk(opens, close, before_open(by_hand), plain(costs), 1e6)
    at_open = book.history[:, 0, FILL_EQUITY]
    assert np.abs(at_open / np.array(values) - 1.0).max() <= 1e-12
    assert np.abs(book.history[:, 0, COST] - np.array(paid)).max() <= 1e-9 * 1e6 * 1e-3

    book_net = at_open[2:] / at_open[1:-1] - 1.0
    book_cost = book.history[1:-1, 0, COST] / at_open[1:-1]
    own_net = np.stack([(rows["gross"] - rows["cost"])[rows["agent"] == i] for i in range(agents)], axis=1)
    own_cost = np.stack([rows["cost"][rows["agent"] == i] for i in range(agents)], axis=1)
    found = attribute(shares[:-2], own_net, own_cost, book_net, book_cost)
    assert np.abs(found.drift).max() <= 1e-9
    assert np.abs(found.contribution.sum(axis=1) - found.netting + found.drift - book_net).max() <= 1e-15
    if costs.is_zero:
        assert np.abs(found.netting).max() == 0.0
    assert field.errors == []


def test_agents_that_swap_a_name_net_their_orders() -> None:
    """Each agent sells what the other buys: on paper both pay, the book trades nothing and pays nothing."""
    close = np.full((5, 2), 10.0)
    panel = panel_of(close, close)
    targets = np.array(
        [[[1.0, 0.0], [0.0, 1.0]] * 2 + [[1.0, 0.0]], [[0.0, 1.0], [1.0, 0.0]] * 2 + [[0.0, 1.0]]]
    )
    _, rows = walked(panel, targets, Costs(bps=10.0), 1e6)
    last = rows[rows["effective"] == rows["effective"].max()]
    found = attribute(
        np.array([0.5, 0.5]), last["gross"] - last["cost"], last["cost"], np.array(0.0), np.array(0.0)
    )
    assert found.contribution.sum() == pytest.approx(-0.002, rel=1e-2)
    assert float(found.netting) == pytest.approx(float(found.contribution.sum()), rel=1e-9)
    assert abs(float(found.drift)) <= 1e-15


def test_attribution_refuses_shapes_and_ruin() -> None:
    two, one = np.zeros(2), np.array(0.0)
    with pytest.raises(DataError, match="expected"):
        attribute(two, np.zeros(3), two, one, one)
    with pytest.raises(DataError, match="below all equity"):
        attribute(two, two, np.array([0.0, 1.0]), one, one)
