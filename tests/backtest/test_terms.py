"""Accounts under terms: books that balance, faults that are caught, cases worked out by hand, what is refused."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backtest.markets import FILLS, columns, decisions, panel_of
from counts import full_or
from quantrl.backtest import Costs, Margin, Result, Settings, Terms, audit, run_weights
from quantrl.data import Panel
from quantrl.errors import AuditError, ConfigError, OrderError
from quantrl.units import NS_PER_DAY

BAR = 20
GENERAL = Terms(max_turnover=1e12)
"""Terms that change nothing but the engine that runs them."""


def market(seed: int, n_bars: int = 40, n: int = 5, *, missing: float = 0.0, acts: bool = True) -> Panel:
    """A panel with volume, price limits and, if it acts, splits, dividends and a delisting now and then."""
    rng = np.random.default_rng([seed, 3])
    bars = columns(seed, n_bars, n, missing=missing)
    shape = bars["close"].shape
    bars["volume"] = rng.uniform(1e3, 1e5, shape)
    if acts:
        bars["split"] = np.where(rng.random(shape) < 0.04, rng.choice([0.5, 2.0, 3.0], shape), np.nan)
        bars["dividend"] = np.where(rng.random(shape) < 0.1, rng.uniform(0.0, 1.0, shape), np.nan)
        bars["delisted"] = np.where(rng.random(shape) < 0.003, rng.uniform(0.0, 20.0, shape), np.nan)
    time = np.cumsum(rng.choice([1, 1, 1, 3], n_bars)) * NS_PER_DAY
    masks = {name: rng.random(shape) > 0.1 for name in ("can_buy", "can_sell")}
    names = [f"N{i}" for i in range(n)]
    return Panel.from_arrays(
        bars, time, names, masks=masks, periods_per_year=252.0, adjust="raw" if acts else ""
    )


def signed(seed: int, n_bars: int, n: int, gross: float, **more: float) -> np.ndarray:
    """Decisions with shorts, up to `gross`."""
    rng = np.random.default_rng([seed, 4])
    return gross * decisions(seed, n_bars, n, **more) * rng.choice([1.0, 1.0, -1.0], (n_bars, n))


def some_terms(seed: int) -> Terms:
    rng = np.random.default_rng([seed, 5])
    on_margin = bool(rng.random() < 0.7)
    return Terms(
        margin=Margin(2.0, float(rng.choice([0.0, 0.3])), str(rng.choice(["liquidate", "halt"])))
        if on_margin
        else None,
        lend=float(rng.choice([0.0, 0.03])),
        borrow=0.08 if on_margin else 0.0,
        short_fee=rng.uniform(0.0, 0.2, ((5,), (40, 5), (40, 1))[seed % 3]) if on_margin else 0.0,
        band=float(rng.choice([0.0, 0.02])),
        min_order=float(rng.choice([0.0, 100.0])),
        participation=float(rng.choice([math.inf, 0.1])),
        max_turnover=float(rng.choice([math.inf, 0.6])),
        actions=bool(rng.random() < 0.7),
        price_limits=bool(rng.random() < 0.5),
    )


def some_options(seed: int) -> dict[str, Any]:
    """Terms, fill, costs, when sizes are fixed, lots."""
    rng = np.random.default_rng([seed, 6])
    size_at, terms = str(rng.choice(["fill", "fill", "decision"])), some_terms(seed)
    sizings = ["post_cost", "pre_cost", *(["first_order"] if math.isinf(terms.max_turnover) else [])]
    sizing = "pre_cost" if size_at == "decision" else str(rng.choice(sizings))
    slippage = [3.0, rng.uniform(0.0, 9.0, 5), rng.uniform(0.0, 9.0, (40, 5)), rng.uniform(0.0, 9.0, (40, 1))]
    lots = [0.0, 1.0, (0.0, 1.0, 10.0, 100.0, 0.5)] if sizing != "first_order" else [0.0]
    return {
        "fill": FILLS[seed % 4],
        "terms": terms,
        "sizing": sizing,
        "size_at": size_at,
        "costs": Costs(bps=10, slippage_bps=slippage[rng.integers(4)], minimum=float(seed % 3)),
        "lot": lots[rng.integers(len(lots))],
    }


def some_run(seed: int) -> Result:
    options = some_options(seed)
    weights = signed(seed, 40, 5, 2.0) if options["terms"].margin else decisions(seed, 40, 5)
    return run_weights(market(seed, missing=0.1 * (seed % 2)), weights, **options, keep="full")


@pytest.mark.parametrize("first", range(0, full_or(2_000, 400), 100))
def test_random_accounts_balance(first: int) -> None:
    fills = 0
    for seed in range(first, first + 100):
        result = some_run(seed)
        report = result.audit()
        fills += report.fills
    assert fills > 3_000


SOUND: list[dict[str, Any]] = [
    {},
    {"sizing": "first_order"},
    {"lot": 1.0},
    {"size_at": "decision", "lot": 1.0},
    {"fill": "next_typical"},
]


@pytest.fixture(scope="module", params=SOUND, ids=["plain", "first_order", "lots", "decision", "typical"])
def sound(request: pytest.FixtureRequest) -> Result:
    """One account that is right, under one option after the other; slippage and fees of shorts differ by bar."""
    rng = np.random.default_rng(0)
    panel = market(12, acts=False)
    quiet = {name: np.full(panel.shape, np.nan) for name in ("split", "dividend")}
    quiet["dividend"][BAR] = 0.3
    quiet["split"][BAR, 1] = 2.0
    panel = panel.with_columns(**quiet).with_settings(adjust="raw")
    fees, slippage = rng.uniform(0.02, 0.06, panel.shape), rng.uniform(1.0, 5.0, panel.shape)
    terms = Terms(margin=Margin(3.0, 0.0), lend=0.02, borrow=0.05, short_fee=fees, actions=True)
    weights = signed(3, 40, 5, 1.0, hold=0.0, silent=0.0)
    costs = Costs(bps=10, slippage_bps=slippage, minimum=1.0)
    return run_weights(panel, weights, keep="full", costs=costs, terms=terms, **request.param)


def spoil(result: Result, *, units: Any = None, **changed: Any) -> Result:
    assert result.kept is not None
    kept = result.kept if units is None else dataclasses.replace(result.kept, units=units)
    return dataclasses.replace(result, columns={**result.columns, **changed}, kept=kept)


def lost_dividend(sound: Result) -> Result:
    """One dividend never arrives: neither in the cash nor in its column."""
    lost = sound.dividends[BAR]
    column, cash, equity = sound.dividends.copy(), sound.cash.copy(), sound.equity.copy()
    column[BAR] = 0.0
    cash[BAR:] -= lost
    equity[BAR:] -= lost
    return spoil(sound, dividends=column, cash=cash, equity=equity)


def double_split(sound: Result) -> Result:
    """A split is applied twice, and equity follows the units."""
    units, equity = sound.units.copy(), sound.equity.copy()
    extra = units[BAR - 1, 1] * 2.0
    units[BAR, 1] += extra
    equity[BAR] += extra * sound.bars.close[BAR, 1]
    return spoil(sound, units=units, equity=equity)


def missing_short_fee(sound: Result) -> Result:
    """One bar's fees of shorts are not taken."""
    fee = sound.short_fees[BAR]
    column, cash, equity = sound.short_fees.copy(), sound.cash.copy(), sound.equity.copy()
    column[BAR] = 0.0
    cash[BAR:] += fee
    equity[BAR:] += fee
    return spoil(sound, short_fees=column, cash=cash, equity=equity)


def interest_of_another_bar(sound: Result) -> Result:
    """Interest is claimed that no rate gives; the cash follows it."""
    column, cash, equity = sound.interest.copy(), sound.cash.copy(), sound.equity.copy()
    for changed in (column[BAR : BAR + 1], cash[BAR:], equity[BAR:]):
        changed += 1.0
    return spoil(sound, interest=column, cash=cash, equity=equity)


def phantom_carry(sound: Result) -> Result:
    """The columns are right; the cash got a dividend more."""
    cash, equity = sound.cash.copy(), sound.equity.copy()
    cash[BAR:] += 1.0
    equity[BAR:] += 1.0
    return spoil(sound, cash=cash, equity=equity)


FAULTS: list[tuple[Callable[[Result], Result], str]] = [
    (lost_dividend, "carry"),
    (double_split, "unit_roll"),
    (missing_short_fee, "carry"),
    (interest_of_another_bar, "carry"),
    (phantom_carry, "cash_roll"),
]


@pytest.mark.parametrize(("plant", "identity"), FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_a_planted_fault_is_caught_at_its_bar_and_identity(
    sound: Result, plant: Callable[[Result], Result], identity: str
) -> None:
    assert sound.audit().breaches == 0
    assert abs(sound.dividends[BAR]) > 1.0
    assert sound.short_fees[BAR] > 1.0
    first = audit(plant(sound)).first
    assert first is not None
    assert (first.bar, first.identity) == (BAR, identity)
    with pytest.raises(AuditError, match=rf"^bar {BAR}: {identity} "):
        plant(sound).audit()


def test_a_trade_beyond_the_gross_or_after_a_call_is_caught() -> None:
    panel = market(5, acts=False)
    weights = signed(5, 40, 5, 2.0, hold=0.0, silent=0.0)
    wide = run_weights(panel, weights, keep="full", terms=Terms(margin=Margin(2.5, 0.0)))
    claimed = dataclasses.replace(wide, settings=Settings(terms=Terms(margin=Margin(1.2, 0.0))))
    first = audit(claimed).first
    assert first is not None
    assert first.identity == "limits"


def test_an_account_that_trades_on_after_a_call_is_caught() -> None:
    close = [[10.0], [7.0], [7.2], [7.2]]
    weights = [[2.0], [math.nan], [1.0], [math.nan]]
    deaf = by_hand(close, weights, Terms(margin=Margin(2.0, 0.0)))
    called = dataclasses.replace(
        deaf, settings=dataclasses.replace(deaf.settings, terms=Terms(margin=Margin(2.0, 0.4)))
    )
    first = audit(called).first
    assert first is not None
    assert (first.bar, first.identity) == (2, "fill_point")


@pytest.mark.parametrize("seed", range(full_or(200, 40)))
def test_terms_that_change_nothing_give_the_plain_account(seed: int) -> None:
    options: dict[str, Any] = {
        "fill": FILLS[seed % 4],
        "sizing": ("post_cost", "pre_cost")[seed // 4 % 2],
        "costs": Costs(bps=20, slippage_bps=5, fixed=float(seed % 3), minimum=5.0 * (seed % 2)),
        "keep": "full",
    }
    panel, weights = panel_of(columns(seed, missing=0.1)), decisions(seed, 40, 5)
    plain, general = (run_weights(panel, weights, terms=terms, **options) for terms in (Terms(), GENERAL))
    for name, column in plain.columns.items():
        np.testing.assert_allclose(general.columns[name], column, rtol=0, atol=1e-12 * 1e6, err_msg=name)
    np.testing.assert_allclose(general.units, plain.units, rtol=0, atol=1e-12 * 1e6)
    assert general.drops.equals(plain.drops)
    assert general.pending.tobytes() == plain.pending.tobytes()
    assert not general.short_fees.any()


def test_threads_batches_and_later_rows_change_no_bit() -> None:
    panel, terms = market(8), some_terms(2)
    runs = [signed(seed, 40, 5, 1.9) for seed in range(6)]
    one, two = (run_weights(panel, runs, terms=Terms(margin=Margin()), threads=threads) for threads in (1, 2))
    assert [a.digest() for a in one] == [b.digest() for b in two]
    assert run_weights(panel, runs[3], terms=Terms(margin=Margin())).digest() == one[3].digest()
    for t in (1, 13, 30):
        later = {name: np.array(panel[name]) for name in panel.columns}
        for column in later.values():
            column[t + 1 :] *= 3.0
        other = Panel.from_arrays(later, panel.time, panel.instruments, masks=panel.masks, periods_per_year=252.0,
                                  adjust="raw")  # fmt: skip
        ours, theirs = (run_weights(data, decisions(1, 40, 5), terms=terms) for data in (panel, other))
        for name, column in ours.columns.items():
            assert column[: t + 1].tobytes() == theirs.columns[name][: t + 1].tobytes(), name


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sizing": "pre_cost"},
        {"size_at": "decision"},
        {"lot": 1.0},
        {"size_at": "decision", "lot": (1.0, 5.0, 0.0, 5.0, 1.0)},
    ],
)
def test_the_order_of_instruments_and_the_unit_of_money_do_not_matter(options: dict[str, Any]) -> None:
    panel = market(9)
    terms = Terms(
        margin=Margin(), borrow=0.05, short_fee=0.02, participation=math.inf, actions=True, max_turnover=0.8
    )
    weights = signed(9, 40, 5, 2.0)
    base = run_weights(panel, weights, terms=terms, **options)
    turned = panel.only(*panel.instruments[::-1])
    other = run_weights(turned, weights[:, ::-1], terms=terms, **options)
    np.testing.assert_allclose(other.equity, base.equity, rtol=1e-11)
    if "lot" not in options:
        rich = run_weights(panel, weights, terms=terms, initial_cash=1e9, **options)
        np.testing.assert_allclose(rich.equity, 1e3 * base.equity, rtol=1e-11)


def by_hand(close: list[list[float]], weights: list[list[float]], terms: Terms, **more: Any) -> Result:
    """Daily bars at the close, without costs."""
    prices = np.array(close)
    extra = {
        name: np.array(more.pop(name), dtype=float)
        for name in ("split", "dividend", "delisted", "volume")
        if name in more
    }
    masks = {name: np.array(more.pop(name)) for name in ("can_buy", "can_sell") if name in more}
    time = np.arange(1, len(prices) + 1) * NS_PER_DAY
    names = [f"N{i}" for i in range(prices.shape[1])]
    panel = Panel.from_arrays({"close": prices, **extra}, time, names, masks=masks, periods_per_year=252.0)
    options = {"fill": "close", "costs": Costs.zero(), "initial_cash": 1000.0, "keep": "full", **more}
    result = run_weights(panel, np.array(weights), terms=terms, **options)
    result.audit()
    return result


HOLD = [math.nan]


def test_orders_sized_at_the_decision_by_hand() -> None:
    nan, at = math.nan, {"size_at": "decision", "sizing": "pre_cost", "fill": "next_close"}
    close = [[10.0, 10.0], [8.0, 10.0], [8.0, 10.0]]
    # 100 and -100 units are asked for at gross 2; one costs 8 by then, and the units stay what they were.
    kept = by_hand(close, [[1.0, -1.0], [nan, nan], [nan, nan]], Terms(margin=Margin(2.0, 0.0)), **at)
    assert kept.units[1].tolist() == [100.0, -100.0]
    wide = [[10.0, 10.0], [10.0, 14.0], [10.0, 14.0]]
    shrunk = by_hand(wide, [[1.0, -1.0], [nan, nan], [nan, nan]], Terms(margin=Margin(2.0, 0.0)), **at)
    # 1,000 and 1,400 would be 2.4 times the equity: both shrink by 2,000 / 2,400, and the scale says so.
    assert shrunk.units[1].tolist() == pytest.approx([100.0 / 1.2, -100.0 / 1.2])
    assert shrunk.scale[1] == pytest.approx(2.0 / 2.4)
    split = [[nan, nan], [2.0, nan], [nan, nan]]
    halved = [[10.0, 10.0], [5.0, 10.0], [5.0, 10.0]]
    terms = Terms(margin=Margin(2.0, 0.0), actions=True)
    acted = by_hand(halved, [[0.5, 0.0], [nan, nan], [nan, nan]], terms, split=split, **at)
    assert acted.units[1].tolist() == [100.0, 0.0]


def test_whole_lots_at_the_fill_by_hand() -> None:
    nan, close = math.nan, [[10.0, 7.0], [10.0, 7.0]]
    lots = by_hand(close, [[0.57, -0.57], [0.23, 0.0]], Terms(margin=Margin(2.0, 0.0)), lot=10.0)
    # 57 and -81 units, cut toward zero; then 23 is cut to 20, and closing is closing.
    assert lots.units.tolist() == [[50.0, -80.0], [20.0, 0.0]]
    assert lots.cash[0] == pytest.approx(1000.0 - 500.0 + 560.0)
    # In cash alone: 28 affordable lots of 2 at most, and what is not bought stays cash.
    cash = by_hand(close, [[0.5, 0.5], [nan, 0.499]], Terms(), lot=(2.0, 3.0))
    assert cash.units.tolist() == [[50.0, 69.0], [50.0, 69.0]]
    assert cash.drops.is_empty()


def test_a_short_loses_exactly_its_fee_and_pays_dividends() -> None:
    terms = Terms(margin=Margin(), lend=0.0365, short_fee=0.365, actions=True)
    result = by_hand([[10.0]] * 3, [[-1.0], HOLD, HOLD], terms, dividend=[[0], [0], [0.5]])
    # 100 units short: 1,000 of proceeds beside 1,000 of own cash. A day earns 0.1 on the own cash and costs 1 for the short.
    assert result.equity.tolist() == pytest.approx(
        [1000.0, 1000.1 - 1.0, 999.1 + 0.0999 * 1.00009 - 1.0 - 50.0], abs=2e-4
    )
    assert result.cash[0] == 2000.0
    assert result.short_fees.tolist() == [0.0, 1.0, 1.0]
    assert result.dividends.tolist() == [0.0, 0.0, -50.0]


def test_borrowed_money_costs_interest() -> None:
    result = by_hand([[10.0]] * 2, [[2.0], HOLD], Terms(margin=Margin(2.0, 0.25), borrow=0.365))
    assert result.cash.tolist() == [-1000.0, -1001.0]
    assert result.equity.tolist() == [1000.0, 999.0]
    assert result.gross[0] == 2.0


def test_splits_of_raw_prices_are_those_of_adjusted_ones() -> None:
    bars = columns(4)
    split = np.full((40, 5), np.nan)
    split[10, 0], split[25, 3], split[30, 0] = 2.0, 0.25, 3.0
    factor = np.cumprod(np.nan_to_num(split, nan=1.0), axis=0)
    raw = panel_of({**{name: column / factor for name, column in bars.items()}, "split": split})
    weights = decisions(4, 40, 5)
    acted = run_weights(raw, weights, terms=Terms(actions=True))
    adjusted = run_weights(panel_of(bars), weights, terms=GENERAL)
    np.testing.assert_allclose(acted.equity, adjusted.equity, rtol=1e-12)


def test_a_delisted_name_pays_out_and_is_gone() -> None:
    close = [[10.0, 5.0], [11.0, 5.0], [12.0, 5.0]]
    nan = math.nan
    weights = [[0.5, 0.5], [0.5, 0.5], [nan, nan]]
    result = by_hand(close, weights, Terms(actions=True), delisted=[[nan, nan], [3.0, nan], [nan, nan]])
    # 50 units end at 3, not at the price printed on that bar.
    assert result.equity.tolist() == [1000.0, 650.0, 650.0]
    assert result.units[1].tolist() == [0.0, 65.0]
    assert result.drops["reason"].to_list() == ["delisted"]


def test_a_margin_call_closes_everything_at_the_next_fill_point() -> None:
    close = [[10.0], [7.0], [7.2], [7.2], [7.2]]
    weights = [[2.0], [1.0], [1.0], [1.0], HOLD]
    again = by_hand(close, weights, Terms(margin=Margin(2.0, 0.4)))
    # 200 units on 1,000 borrowed; the decision of bar 1 still sells down there, to gross 1.
    assert again.units[:, 0].tolist() == pytest.approx(
        [200.0, 400 / 7.0, 57.142857 * 1.0, 57.142857, 57.142857], rel=1e-6
    )
    hold = [[2.0], HOLD, [1.0], [1.0], HOLD]
    called = by_hand(close, hold, Terms(margin=Margin(2.0, 0.4)))
    # Equity 400 of 1,400 held is below 0.4: closed at 7.2, the decision of that bar is dropped, the next one is filled.
    assert called.units[:, 0].tolist() == pytest.approx([200.0, 200.0, 0.0, 440.0 / 7.2, 440.0 / 7.2])
    assert called.drops["reason"].to_list() == ["margin_call"]
    halted = by_hand(close, hold, Terms(margin=Margin(2.0, 0.4, "halt")))
    assert halted.units[:, 0].tolist() == [200.0, 200.0, 0.0, 0.0, 0.0]
    assert halted.drops["reason"].to_list() == ["margin_call", "halted"]
    assert halted.equity[2:].tolist() == pytest.approx([440.0] * 3)


def test_ruin_freezes_the_account() -> None:
    close = [[10.0], [21.0], [5.0]]
    result = by_hand(close, [[-1.0], [-1.0], [0.5]], Terms(margin=Margin(1.5, 0.25), borrow=0.1))
    assert result.ruined_at == 1
    assert result.equity.tolist() == pytest.approx([1000.0, -100.0, -100.0])
    assert result.units[1:].tolist() == [[0.0], [0.0]]
    assert result.returns.tolist() == pytest.approx([0.0, -1.1, 0.0])
    assert "ruined" in result.flags
    assert (result.measures["cagr"].value, result.measures["cagr"].reason) == (-1.0, "ruined")
    assert result.drops["reason"].to_list() == ["unaffordable", "ruined"]


def test_targets_beyond_the_gross_shrink_by_one_factor() -> None:
    nan = math.nan
    close = [[10.0, 10.0], [5.0, 10.0], [5.0, 10.0]]
    result = by_hand(close, [[1.0, 1.0], [nan, 1.5], [nan, nan]], Terms(margin=Margin(2.0, 0.0)))
    # After the fall 500 of 500 equity is held by the first name: the second may have another 500, not 750.
    assert result.scale[1] == pytest.approx(500.0 / 750.0)
    assert result.gross[1] == pytest.approx(2.0)


def test_limits_on_orders_by_hand() -> None:
    close = [[10.0, 10.0]] * 2
    nan = math.nan
    half = [[0.5, 0.5], [nan, nan]]
    capped = by_hand(close, half, Terms(participation=0.1), volume=[[300.0, 1e9], [nan, nan]])
    assert capped.units[0].tolist() == [30.0, 50.0]
    assert capped.drops["reason"].to_list() == ["volume_cap"]
    slow = by_hand(close, half, Terms(max_turnover=0.5))
    assert (slow.units[0].tolist(), slow.scale[0]) == ([25.0, 25.0], 0.5)
    small = by_hand(close, [[0.04, 0.5], [0.0, nan]], Terms(min_order=50.0))
    assert (small.units[0].tolist(), small.drops["reason"].to_list()) == ([0.0, 50.0], ["min_order"])
    close_out = by_hand(close, [[0.06, 0.5], [0.0, nan]], Terms(min_order=70.0))
    assert close_out.units[1].tolist() == [0.0, 50.0]
    banded = by_hand([[10.0, 10.0], [11.0, 10.0]], [[0.5, 0.4], [0.5, 0.3]], Terms(band=0.05))
    assert banded.units[1].tolist() == pytest.approx([50.0, 0.3 * 1050.0 / 10.0])
    locked = [[True, False], [True, True]]
    blocked = by_hand(close, half, Terms(price_limits=True), can_buy=locked, can_sell=[[True, True]] * 2)
    assert (blocked.units[0].tolist(), blocked.drops["reason"].to_list()) == ([50.0, 0.0], ["blocked"])


def test_costs_of_the_same_decisions_are_judged_under_the_same_terms() -> None:
    panel, weights = market(3), signed(3, 40, 5, 2.0)
    terms = Terms(margin=Margin(), borrow=0.05, short_fee=0.1, actions=True)
    result = run_weights(panel, weights, terms=terms)
    curve = result.cost_curve([0, 1, 3])
    assert curve["total"][1] == result.measures["total"].value
    assert curve["total"][0] > curve["total"][2]


def test_terms_survive_a_config() -> None:
    for terms in (Terms(), GENERAL, some_terms(0), some_terms(1), Terms(margin=Margin(1.5, 0.1, "halt"))):
        settings = Settings(terms=terms)
        assert Settings.from_config(settings.to_config()) == settings
    assert "terms" not in Settings().to_config()


def test_what_does_not_fit_is_refused_by_name() -> None:
    panel, weights = market(1), np.full((40, 5), 0.2)
    plain = panel_of(columns(1))
    for terms, message in (
        (Terms(actions=True), "actions: expected a column of split, dividend, delisted, got"),
        (Terms(participation=0.1), "participation: needs the column 'volume'"),
    ):
        with pytest.raises(ConfigError, match=message):
            run_weights(plain, weights, terms=terms)
    with pytest.raises(ConfigError, match=r"prices are adjusted \(total\): split would count twice"):
        run_weights(panel.with_settings(adjust="total"), weights, terms=Terms(actions=True))
    with pytest.raises(ConfigError, match="need a Panel, got an array"):
        run_weights(plain["close"], weights, fill="close", periods_per_year=252.0, terms=Terms(lend=0.01))
    with pytest.raises(ConfigError, match="max_turnover: expected no limit with sizing first_order"):
        run_weights(panel, weights, sizing="first_order", terms=Terms(max_turnover=0.5))
    with pytest.raises(OrderError, match="weights: row 0 is 2.5 in size, more than max_gross 2"):
        run_weights(panel, np.full((40, 5), -0.5), terms=Terms(margin=Margin()))
    with pytest.raises(
        OrderError, match=r"weights: row 0, instrument 0: weight -0.2 is negative in a cash account"
    ):
        run_weights(panel, -weights, terms=GENERAL)
    with pytest.raises(ConfigError, match="max_gross: expected below"):
        run_weights(panel, weights, costs=Costs(bps=6000), terms=Terms(margin=Margin()))
    with pytest.raises(ConfigError, match="short_fee: expected one value or 5, got 2"):
        run_weights(panel, weights, terms=Terms(margin=Margin(), short_fee=(0.1, 0.2)))
    for bad, message in (
        ({"max_gross": 0.0}, "margin.max_gross: expected a number above 0, got 0.0"),
        ({"maintenance": 0.5}, "margin.maintenance: expected below 1 / max_gross, got 0.5 with 2"),
        ({"on_call": "panic"}, "margin.on_call: expected one of liquidate, halt, got 'panic'"),
    ):
        with pytest.raises(ConfigError, match=message):
            Margin(**bad)
    for bad, message in (
        ({"lend": -0.1}, "lend: expected a finite number of at least 0, got -0.1"),
        ({"max_turnover": 0}, "max_turnover: expected a number above 0, got 0"),
        ({"short_fee": 0.1}, "borrow, short_fee: only with margin"),
        ({"actions": 1}, "actions: expected True or False, got 1"),
        ({"margin": 2.0}, "margin: expected Margin, got float"),
    ):
        with pytest.raises(ConfigError, match=message):
            Terms(**bad)
