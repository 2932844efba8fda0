"""Integer fills of the simulated venue, against the float engine and against themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from quantrl.backtest import Bar, BarSession, Costs, run_agent
from quantrl.data import Panel, load_sample
from quantrl.errors import ConfigError, DataError, InvariantError, OrderError
from quantrl.live.instruments import Instrument, Instruments
from quantrl.live.venue.sim import CASH_BOUND, FILLED, NO_PRICE, BarVenue, Leg, LegFill
from quantrl.registry import build_agent
from quantrl.typing import FloatArray, IntArray

PPB = 10**9
UNITS = 10**8
TEN = Costs(bps=10)


def table(symbols: tuple[str, ...], tick: str = "0.001", lot: str = "1") -> Instruments:
    return Instruments(Instrument.of(symbol, tick, lot) for symbol in symbols)


@dataclass
class Account:
    """Cash, lots and marks in integers: the least a book needs to trade the decisions of one agent."""

    venue: BarVenue
    cash: int
    lots: list[int]
    marks: list[int]
    legs: list[Leg] = field(default_factory=list)
    bound: int = 0

    def equity(self) -> int:
        held = zip(self.lots, self.marks, self.venue.instruments.tv, strict=True)
        return self.cash + sum(lots * mark * tv for lots, mark, tv in held)

    def bar(self, price: IntArray, weights_ppb: list[int | None]) -> list[LegFill]:
        """Fill what was decided before at `price` (0: none), mark, and size what is decided now."""
        fills = self.venue.fill(self.legs, price.tolist(), self.cash)
        for leg, fill in zip(self.legs, fills, strict=True):
            self.lots[leg.inst] += leg.side * fill.lots
            value = fill.lots * fill.px * self.venue.instruments.tv[leg.inst]
            self.cash -= leg.side * value + fill.fee
            self.bound += fill.reason == CASH_BOUND
        self.marks = [new or old for new, old in zip(price.tolist(), self.marks, strict=True)]
        equity, self.legs = self.equity(), []
        for i, ppb in enumerate(weights_ppb):
            if ppb is not None and (self.marks[i] or ppb == 0):
                unit = PPB * self.marks[i] * self.venue.instruments.tv[i]
                lots = (ppb * equity // unit if ppb else 0) - self.lots[i]
                if lots:
                    self.legs.append(Leg(f"q{i}", i, 1 if lots > 0 else -1, abs(lots)))
        return list(fills)


def in_ppb(weights: FloatArray) -> list[int | None]:
    return [None if np.isnan(w) else int(w * PPB) for w in weights]


def compare(
    ticks: IntArray, weights: FloatArray, costs: Costs, *, tick: str, lot: str
) -> tuple[int, int, int]:
    """Trade integer prices (T, N; 0: none) in both engines, each on its own books; legs, bound bars, worst lots."""
    n = ticks.shape[1]
    cash, size = 1_000_000, float(lot)
    session = BarSession(
        n, fill="next_close", size_at="decision", lot=size, costs=costs, initial_cash=float(cash)
    )
    names = table(tuple(f"N{i}" for i in range(n)), tick, lot)
    account = Account(BarVenue(names, costs), cash * UNITS, [0] * n, [0] * n)
    prices = np.where(ticks > 0, ticks * float(tick), np.nan)
    legs, bound_bars, worst = 0, 0, 0
    for t in range(len(ticks)):
        ppb = in_ppb(weights[t])
        asked = np.array([np.nan if p is None else p / PPB for p in ppb])
        bound, due = account.bound, {leg.inst: leg.side for leg in account.legs}
        fills = account.bar(ticks[t], ppb)
        session.step(Bar(prices[t], prices[t]), asked)
        ours = {i: side * fill.lots for (i, side), fill in zip(due.items(), fills, strict=True) if fill.lots}
        filled = session.fills
        theirs = dict(
            zip(
                filled["instrument"].tolist(),
                np.rint(filled["units"] / size).astype(int).tolist(),
                strict=True,
            )
        )
        apart = max((abs(ours.get(i, 0) - theirs.get(i, 0)) for i in {*ours, *theirs}), default=0)
        if account.bound == bound:
            assert apart == 0, f"bar {t}: {ours} {theirs}"
        legs += len(due)
        bound_bars += account.bound > bound
        worst = max(worst, apart)
        assert account.cash >= 0
        assert (
            abs(account.equity() / UNITS - session.equity) <= 1e-6 + worst * prices[~np.isnan(prices)].max()
        )
    return legs, bound_bars, worst


def random_market(seed: int) -> tuple[IntArray, FloatArray]:
    rng = np.random.default_rng([seed, 4])
    bars, n = 60, int(rng.integers(1, 12))
    paths = rng.uniform(5.0, 300.0, n) * np.exp(np.cumsum(rng.normal(0, 0.02, (bars, n)), axis=0))
    ticks = np.rint(paths * 1_000).astype(np.int64)
    ticks[rng.random((bars, n)) < rng.choice([0.0, 0.1])] = 0
    weights = rng.dirichlet(np.full(n, 0.7), bars) * rng.choice([0.5, 0.98, 1.0], (bars, 1))
    weights[rng.random((bars, n)) < 0.2] = np.nan
    weights[rng.random(bars) < 0.3] = np.nan
    return ticks, weights


@pytest.mark.parametrize("lot", ["1", "0.01", "100"])
def test_random_panels_trade_the_lots_of_the_float_engine(lot: str) -> None:
    legs = bound = worst = 0
    for seed in range(40):
        ticks, weights = random_market(seed)
        costs = Costs(bps=10, sell_bps=25, fixed=seed % 2, minimum=5.0 * (seed % 3))
        one = compare(ticks, weights, costs, tick="0.001", lot=lot)
        legs, bound, worst = legs + one[0], bound + one[1], max(worst, one[2])
    assert worst <= 1, worst
    assert legs > 4_000
    assert bound > 200


@pytest.fixture(scope="module")
def us20() -> Panel:
    panel = load_sample("us20")
    return panel.between(int(panel.time[-1_500]))


@pytest.mark.parametrize(
    "agent",
    [
        "rules/momentum",
        "rules/equal_weight",
        "rules/inverse_volatility",
        "rules/min_variance",
        "rules/rsi_reversion",
        "rules/random_weights",
        "rules/dual_momentum",
        "rules/sma_cross",
    ],
)
def test_rule_agents_on_us20_trade_the_lots_of_the_float_engine(agent: str, us20: Panel) -> None:
    decided = run_agent(build_agent(agent), us20, fill="next_close", costs=TEN).schedule.values
    ticks = np.rint(us20["close"] * 1_000).astype(np.int64)
    legs, _, worst = compare(ticks, decided, TEN, tick="0.001", lot="1")
    assert legs > 300
    assert worst <= 1


def test_slippage_costs_at_most_a_tick_more_than_in_the_float_engine() -> None:
    costs = Costs(bps=3, slippage_bps=2.5)
    venue = BarVenue(table(("A",)), costs)
    session = BarSession(1, fill="close", size_at="decision", lot=1.0, costs=costs, initial_cash=1e6)
    session.step(Bar(np.array([12.345]), np.array([12.345])), np.array([0.5]))
    lots = round(session.units[0])
    (fill,) = venue.fill([Leg("q", 0, 1, lots)], [12_345], 10**6 * UNITS)
    paid = fill.lots * fill.px * 10**5 + fill.fee
    assert fill.px == 12_349  # 12,345 x 1.00025 = 12,348.09 ticks, rounded up
    assert 0 <= paid / UNITS - (1e6 - session.cash) <= lots * 0.001 * 1.0003 + 1e-8


def test_each_leg_gets_one_answer_under_its_own_id() -> None:
    venue = BarVenue(table(("A", "B", "C"), tick="0.01"), TEN)
    legs = [Leg("qa", 0, 1, 10), Leg("qb", 1, 1, 10), Leg("qc", 2, -1, 3), Leg("qd", 1, -1, 1)]
    fills = venue.fill(legs, [1_000, 0, 2_000], 50 * UNITS)
    # Sale: 60 less 0.06. Buys: 100.1 asked, 109.94 there.
    assert fills == (
        LegFill("qa", "qa-1", 10, 1_000, UNITS // 10, FILLED),
        LegFill("qb", "", 0, 0, 0, NO_PRICE),
        LegFill("qc", "qc-1", 3, 2_000, 6 * UNITS // 100, FILLED),
        LegFill("qd", "", 0, 0, 0, NO_PRICE),
    )
    assert venue.fill(legs[::-1], [1_000, 0, 2_000], 50 * UNITS) == fills[::-1]
    (bound, *_) = venue.fill(legs, [1_000, 0, 2_000], 0)
    assert (bound.lots, bound.reason, bound.fee) == (5, CASH_BOUND, 5 * UNITS // 100)
    assert venue.fill([], [1, 1, 1], 0) == ()


def test_a_quote_is_the_fill_of_a_whole_leg() -> None:
    venue = BarVenue(table(("A", "B"), tick="0.01"), Costs(bps=10, slippage_bps=5, fixed=1))
    for side in (1, -1):
        (fill,) = venue.fill([Leg("q", 1, side, 7)], [0, 12_345], 10**15)
        assert venue.quote(1, side, 7, 12_345) == (fill.px, fill.fee)
    with pytest.raises(InvariantError, match="beyond 64 bits"):
        venue.quote(1, 1, 2**62, 12_345)


@pytest.mark.parametrize(
    ("legs", "prices", "cash", "error"),
    [
        ([Leg("q", 2, 1, 1)], [1, 1], 0, OrderError),
        ([Leg("q", -1, 1, 1)], [1, 1], 0, OrderError),
        ([Leg("q", 0, 0, 1)], [1, 1], 0, OrderError),
        ([Leg("q", 0, 1, 0)], [1, 1], 0, OrderError),
        ([Leg("q", 0, 1, -1)], [1, 1], 0, OrderError),
        ([Leg("q", 0, 1, 1), Leg("q", 1, 1, 1)], [1, 1], 0, OrderError),
        ([Leg("q", 0, 1, 1)], [1, -1], 0, DataError),
        ([Leg("q", 0, 1, 1)], [1], 0, DataError),
        ([Leg("q", 0, -1, 2**62)], [1, 1], 0, InvariantError),
        ([Leg("q", 0, 1, 2**63)], [1, 1], 0, InvariantError),
        ([Leg("q", 0, -1, 1)], [2**63, 1], 0, InvariantError),
        ([Leg("q", 0, -1, 1)], [1, 1], 2**63, InvariantError),
        ([Leg("q", 0, -1, 1)], [1, 1], 2**63 - 1, InvariantError),
        ([Leg("q", 0, 1, 1.0)], [1, 1], 0, TypeError),
    ],
)
def test_what_no_market_could_fill_is_refused(
    legs: list[Leg], prices: list[int], cash: int, error: type[Exception]
) -> None:
    venue = BarVenue(table(("A", "B")), TEN)
    with pytest.raises(error):
        venue.fill(legs, prices, cash)


@pytest.mark.parametrize(
    ("sizes", "named"),
    [
        (("0", 1, 1), "tick: expected"),
        ((1, "nan", 1), "lot: expected"),
        ((1, "inf", 1), "lot: expected"),
        ((1, "1e999999999", 1), "lot: expected"),
        ((1, "1." + "0" * 39, 1), "lot: expected"),
        ((1, 1, "ten"), "multiplier: expected"),
        (("0.0001", "0.00001", 1), r"expected tick \* lot \* multiplier"),
        ((1, 1, "1e13"), r"expected tick \* lot \* multiplier"),
    ],
)
def test_an_instrument_is_refused_by_its_field(sizes: tuple[int | str, ...], named: str) -> None:
    with pytest.raises(ConfigError, match=f"^instrument 'A': {named}"):
        Instrument.of("A", *sizes)


def test_slippage_is_one_value_or_one_an_instrument() -> None:
    with pytest.raises(ConfigError, match=r"costs\.slippage_bps: expected one value or 2"):
        BarVenue(table(("A", "B")), Costs(slippage_bps=(1.0,)))
