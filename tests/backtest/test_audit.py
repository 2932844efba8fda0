"""Sound books pass; books spoilt the way a faulty engine would are caught, at their bar and for the reason."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from backtest.markets import FILLS, case, columns, decisions, panel_of
from quantrl.backtest import Costs, Result, Terms, audit, run_weights
from quantrl.backtest._identities import IDENTITIES
from quantrl.data import load_sample
from quantrl.errors import AuditError

BAR = 20
COSTS = Costs(bps=10, slippage_bps=3, minimum=1.0)


@pytest.mark.parametrize("first", range(0, 2000, 250))
def test_random_accounts_balance(first: int) -> None:
    fills = 0
    for seed in range(first, first + 250):
        one = case(seed)
        report = run_weights(one.panel, one.weights, keep="full", **one.options).audit()
        assert report.breaches == 0
        assert report.worst < 1e-9, (seed, report)
        fills += report.fills
    assert fills > 5_000


def sample_cases() -> list[tuple[str, str]]:
    ranged = [(sample, fill) for sample in ("us5", "synthetic") for fill in FILLS]
    return [("us20", "next_close"), ("us20", "close"), *ranged]


@pytest.mark.parametrize(("sample", "fill"), sample_cases())
def test_the_books_of_every_sample_balance(sample: str, fill: str) -> None:
    panel = load_sample(sample)
    weights = np.full(panel.shape, 1.0 / panel.n_instruments)
    result = run_weights(panel, weights, fill=fill, costs=Costs(bps=5, slippage_bps=2, fixed=1, minimum=2))
    report = result.audit()
    assert (report.breaches, report.bars) == (0, panel.n_bars)
    assert report.fills > panel.n_bars
    assert set(report.max_residual) == set(IDENTITIES)


OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "first_order": {"sizing": "first_order"},
    "lots": {"lot": 1.0},
    "decision": {"size_at": "decision", "lot": (0.0, 1.0, 2.0, 0.5, 10.0)},
    "limits": {"terms": Terms(band=0.01, max_turnover=0.9)},
    "slippage_by_bar": {
        "costs": dataclasses.replace(COSTS, slippage_bps=np.linspace(1, 9, 200).reshape(40, 5))
    },
}


@pytest.fixture(scope="module", params=OPTIONS.values(), ids=OPTIONS)
def sound(request: pytest.FixtureRequest) -> Result:
    """One account that is right, under one option after the other."""
    options = {"costs": COSTS, **request.param}
    return run_weights(
        panel_of(columns(1)), decisions(1, 40, 5, hold=0.0, silent=0.0), keep="full", **options
    )


def spoil(result: Result, *, units: Any = None, fills: Any = None, **changed: Any) -> Result:
    """The result with some of its arrays replaced."""
    assert result.kept is not None
    kept = result.kept
    if units is not None:
        kept = dataclasses.replace(kept, units=units)
    if fills is not None:
        kept = dataclasses.replace(kept, fills=dataclasses.replace(kept.fills, **fills))
    return dataclasses.replace(result, columns={**result.columns, **changed}, kept=kept)


def fills_on(result: Result, bar: int) -> Any:
    return np.flatnonzero(result.record.fills.bar == bar)


def late_fee(sound: Result) -> Result:
    """The fees of one bar leave the account one bar later."""
    fee = sound.record.fills.fee[fills_on(sound, BAR)].sum()
    cash, equity = sound.cash.copy(), sound.equity.copy()
    cash[BAR] += fee
    equity[BAR] += fee
    return spoil(sound, cash=cash, equity=equity)


def late_fee_booked_late(sound: Result) -> Result:
    """One fee is paid and booked with a fill of the next bar: every roll balances, the fees are wrong."""
    fills = sound.record.fills
    here, later = fills_on(sound, BAR)[0], fills_on(sound, BAR + 1)[0]
    moved = fills.fee[here]
    fee, cash, equity, cost = fills.fee.copy(), sound.cash.copy(), sound.equity.copy(), sound.cost.copy()
    fee[here] -= moved
    fee[later] += moved
    for column in (cash, equity):
        column[BAR] += moved
    cost[BAR] -= moved
    cost[BAR + 1] += moved
    return spoil(sound, fills={"fee": fee}, cash=cash, equity=equity, cost=cost)


def phantom_cash(sound: Result) -> Result:
    """A cent in every hundred thousand appears and stays."""
    cash, equity = sound.cash.copy(), sound.equity.copy()
    cash[BAR:] += 0.1
    equity[BAR:] += 0.1
    return spoil(sound, cash=cash, equity=equity)


def fill_outside_the_bar(sound: Result) -> Result:
    """One fill is made, paid and booked a tenth of a percent above the bar's high."""
    fills, one = sound.record.fills, fills_on(sound, BAR)[0]
    high = sound.bars.high
    assert high is not None
    price = fills.price.copy()
    price[one] = high[BAR, fills.instrument[one]] * 1.001
    paid = fills.units[one] * (price[one] - fills.price[one])
    cash, equity = sound.cash.copy(), sound.equity.copy()
    cash[BAR:] -= paid
    equity[BAR:] -= paid
    return spoil(sound, fills={"price": price}, cash=cash, equity=equity)


def early_fill(sound: Result) -> Result:
    """The fills of one bar are those of the decision made after its close."""
    decided = sound.record.fills.decided.copy()
    decided[fills_on(sound, BAR)] = BAR
    return spoil(sound, fills={"decided": decided})


def unit_drift(sound: Result) -> Result:
    """One position grows by a millionth without a fill, and equity follows it."""
    units = sound.units.copy()
    held = int(np.argmax(units[BAR]))
    units[BAR:, held] *= 1 + 1e-6
    equity = sound.cash + (units * sound.bars.close).sum(axis=1)
    return spoil(sound, units=units, equity=equity, gross=(equity - sound.cash) / equity)


FAULTS: list[tuple[Callable[[Result], Result], str]] = [
    (late_fee, "cash_roll"),
    (late_fee_booked_late, "fill_cost"),
    (phantom_cash, "cash_roll"),
    (fill_outside_the_bar, "fill_price"),
    (early_fill, "fill_point"),
    (unit_drift, "unit_roll"),
]


@pytest.mark.parametrize(("plant", "identity"), FAULTS, ids=[plant.__name__ for plant, _ in FAULTS])
def test_a_planted_fault_is_caught_at_its_bar_and_identity(
    sound: Result, plant: Callable[[Result], Result], identity: str
) -> None:
    assert sound.audit().breaches == 0
    faulty = plant(sound)
    first = audit(faulty).first
    assert first is not None
    assert (first.bar, first.identity) == (BAR, identity)
    with pytest.raises(AuditError, match=rf"^bar {BAR}: {identity} \(.*\): residual -?[0-9.e+-]+; "):
        faulty.audit()


def test_an_engine_that_fills_on_the_bar_it_decides_on_is_caught() -> None:
    panel, weights = panel_of(columns(2)), decisions(2, 40, 5, hold=0.0, silent=0.0)
    honest = run_weights(panel, weights, fill="next_close", keep="full")
    early = run_weights(panel, weights, fill="close", keep="full")
    claimed = dataclasses.replace(early, settings=honest.settings)
    first = audit(claimed).first
    assert first is not None
    assert (first.bar, first.identity) == (0, "fill_point")


@pytest.mark.parametrize(
    ("column", "identity"),
    [("equity", "equity_sum"), ("cash", "cash_roll"), ("cost", "fill_cost"), ("traded", "fill_cost")],
)
def test_every_column_is_covered(sound: Result, column: str, identity: str) -> None:
    wrong = sound.columns[column].copy()
    wrong[BAR] += 0.1
    first = audit(spoil(sound, **{column: wrong})).first
    assert first is not None
    assert (first.bar, first.identity) == (BAR, identity)


def test_gross_and_an_overdraft_break_the_limits(sound: Result) -> None:
    gross = sound.gross.copy()
    gross[BAR] += 1e-6
    first = audit(spoil(sound, gross=gross)).first
    assert first is not None
    assert (first.bar, first.identity) == (BAR, "limits")
    report = audit(spoil(sound, cash=sound.cash - 2e6, equity=sound.equity - 2e6))
    assert report.max_residual["limits"] > 0.1


@pytest.mark.parametrize("field", ["units", "price", "fee", "slippage"])
def test_nan_in_a_fill_is_a_breach_and_not_a_pass(sound: Result, field: str) -> None:
    column = getattr(sound.record.fills, field).copy()
    column[fills_on(sound, BAR)[0]] = np.nan
    report = audit(spoil(sound, fills={field: column}))
    assert report.breaches > 0
    assert report.first is not None
    assert report.first.bar == BAR


def test_a_fill_nobody_asked_for_is_caught() -> None:
    weights = decisions(3, 40, 5, hold=0.0, silent=0.0)
    result = run_weights(panel_of(columns(3)), weights, keep="full")
    silent = weights.copy()
    silent[BAR - 1] = np.nan
    schedule = dataclasses.replace(result.schedule, values=silent)
    first = audit(dataclasses.replace(result, schedule=schedule)).first
    assert first is not None
    assert (first.bar, first.identity) == (BAR, "fill_point")


def test_the_audit_re_runs_what_was_not_kept_and_refuses_another_equity() -> None:
    result = run_weights(panel_of(columns(4)), decisions(4, 40, 5))
    assert result.kept is None
    assert result.audit().breaches == 0
    equity = result.equity.copy()
    equity[BAR] = np.nextafter(equity[BAR], np.inf)
    changed = dataclasses.replace(result, columns={**result.columns, "equity": equity})
    with pytest.raises(AuditError, match=re.escape(f"bar {BAR}: a re-run")):
        changed.audit()
