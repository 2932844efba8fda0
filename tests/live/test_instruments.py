"""Instruments: whole cash units or refused, prices on the grid or refused, never quietly rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantrl.errors import ConfigError, FeedError
from quantrl.live.instruments import Instrument, Instruments, cash_units

EXACT = Instruments([Instrument.of("A", 0.001), Instrument.of("B", "0.25", 1, 50)])
ROUND = Instruments(EXACT.table, tick_policy="round")


@pytest.mark.parametrize(
    ("sizes", "tv"),
    [
        (("0.001",), 100_000),
        ((0.001,), 100_000),
        ((Decimal("0.25"), 1, 50), 1_250_000_000),
        (("0.01", "0.000001"), 1),
        ((1, 1, "0.00000001"), 1),
    ],
)
def test_tick_values_are_whole(sizes: tuple[object, ...], tv: int) -> None:
    assert Instrument.of("X", *sizes).tv == tv  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "sizes",
    [
        ("0.001", "0.000001"),
        ("1e-9",),
        ("1e12", 10),
        (0,),
        (-1,),
        ("nan",),
        (float("inf"),),
        ("x",),
        (None,),
        (True,),
        ("1e400",),
        ("1e-999999",),
        ("1", "0." + "3" * 40),
    ],
)
def test_an_instrument_off_the_unit_is_refused_by_name(sizes: tuple[object, ...]) -> None:
    with pytest.raises(ConfigError, match="instrument 'X'"):
        Instrument.of("X", *sizes)  # type: ignore[arg-type]


def test_tables_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match="instruments"):
        Instruments([])
    with pytest.raises(ConfigError, match="twice"):
        Instruments([EXACT.table[0], EXACT.table[0]])
    with pytest.raises(ConfigError, match="tick_policy"):
        Instruments(EXACT.table, tick_policy="floor")
    with pytest.raises(ConfigError, match="symbol"):
        Instrument.of("", 1)
    with pytest.raises(FeedError, match="expected one of A, B"):
        EXACT.index("C")
    assert EXACT.index("B") == 1


@given(st.integers(1, 10**9))
def test_a_price_on_the_grid_comes_back(ticks: int) -> None:
    for inst in range(2):
        got = EXACT.ticks(inst, EXACT.price(inst, ticks))
        assert got.ticks == ticks
        assert abs(got.error) < Fraction(1, 10**6)


@pytest.mark.parametrize(("price", "ticks"), [(0.125, 0), (0.375, 2), (0.625, 2), (0.874, 3), (0.876, 4)])
def test_halves_go_to_even_where_rounding_is_allowed(price: float, ticks: int) -> None:
    if ticks == 0:
        with pytest.raises(FeedError, match="ticks"):
            ROUND.ticks(1, price)
    else:
        assert ROUND.ticks(1, price) == (ticks, Fraction(price) * 4 - ticks)


@pytest.mark.parametrize(("off", "fine"), [(0.9e-6, True), (1.1e-6, False)])
def test_a_millionth_of_a_tick_is_the_limit(off: float, fine: bool) -> None:
    price = (1 + off) * 0.25
    if fine:
        assert EXACT.ticks(1, price).ticks == 1
    else:
        with pytest.raises(FeedError, match=r"B: expected a multiple of tick 0\.25"):
            EXACT.ticks(1, price)
        assert ROUND.ticks(1, price).ticks == 1


@pytest.mark.parametrize("price", [0.0, -1.0, float("inf"), 1e300])
def test_prices_no_market_prints_are_refused(price: float) -> None:
    for table in (EXACT, ROUND):
        with pytest.raises(FeedError, match="A: expected"):
            table.ticks(0, price)


def test_a_grid_of_prices_and_its_error() -> None:
    prices = np.array([[1.001, np.nan], [2.5, 10.25]])
    ticks, error = EXACT.grid(prices)
    assert ticks.tolist() == [[1001, 0], [2500, 41]]
    assert 0 < error < 1e-9
    ticks, error = ROUND.grid(prices + 0.0004)
    assert ticks.tolist() == [[1001, 0], [2500, 41]]
    assert error == pytest.approx(0.4)
    with pytest.raises(FeedError, match="row 1: A"):
        EXACT.grid(np.array([[1.0, 1.0], [1.00042, 1.0]]))
    with pytest.raises(FeedError, match=r"expected \(T, 2\)"):
        EXACT.grid(np.ones((2, 3)))


def test_cash_units_are_exact() -> None:
    assert cash_units("1000000.00000001") == 10**14 + 1
    assert cash_units(0.1) == 10**7
    for amount in ("0.000000001", "1e12", "x", 0):
        with pytest.raises(ConfigError, match="initial_cash"):
            cash_units(amount, "initial_cash")


def test_plain_values() -> None:
    again = Instruments.from_plain(ROUND.to_plain())  # type: ignore[arg-type]
    assert again.table == ROUND.table
    assert again.to_plain() == ROUND.to_plain()
