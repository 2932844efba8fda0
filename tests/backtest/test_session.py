from __future__ import annotations

import hashlib
import struct

import numpy as np
import pytest

from backtest.markets import FILLS, SIZINGS, case
from quantrl.backtest import Bar, BarSession, Costs, Result, run_weights
from quantrl.backtest.settings import Settings
from quantrl.errors import ConfigError, DataError, OrderError
from quantrl.typing import FloatArray


def session_of(result: Result) -> BarSession:
    settings = result.settings
    return BarSession(
        result.bars.shape[1],
        fill=settings.fill,
        sizing=settings.sizing,
        costs=settings.costs,
        initial_cash=settings.initial_cash,
    )


def bar_of(result: Result, t: int) -> Bar:
    return Bar(result.bars.close[t], result.bars.price[t])


def walk(session: BarSession, result: Result, *, restore_at: frozenset[int] = frozenset()) -> FloatArray:
    weights, rows = result.schedule.dense(result.bars.shape[0]), []
    for t in range(session.n_bars, len(weights)):
        if t in restore_at:
            session = BarSession.restore(session.snapshot())
        rows.append(session.step(bar_of(result, t), weights[t]))
    return np.array(rows)


@pytest.mark.parametrize("seed", range(len(FILLS) * len(SIZINGS)))
def test_stepping_is_running_bit_for_bit(seed: int) -> None:
    one = case(seed)
    result = run_weights(one.panel, one.weights, **one.options)
    session = session_of(result)
    stepped = walk(session, result)
    names = ("equity", "cash", "cost", "traded", "gross", "scale", "fill_equity")
    for k, name in enumerate(names):
        assert np.array_equal(stepped[:, k], result.columns[name], equal_nan=True), name
    assert (session.equity, session.cash) == (result.equity[-1], result.cash[-1])
    assert session.units.tobytes() == result.units[-1].tobytes()
    waiting = session.pending
    assert (waiting is None) == (result.pending.size == 0)
    if waiting is not None:
        assert np.array_equal(waiting, result.pending, equal_nan=True)


@pytest.mark.parametrize("fill", FILLS)
def test_restored_at_twenty_bars_is_unbroken(fill: str) -> None:
    one = case(37, fill=fill)
    result = run_weights(one.panel, one.weights, **one.options)
    n_bars = len(result.equity)
    at = np.random.default_rng(5).choice(n_bars, min(20, n_bars), replace=False)
    broken = walk(session_of(result), result, restore_at=frozenset(int(t) for t in at))
    assert broken.tobytes() == walk(session_of(result), result).tobytes()


def test_fills_and_drops_are_those_of_the_last_bar() -> None:
    session = BarSession(2, fill="next_close", costs=Costs(bps=10, slippage_bps=5), initial_cash=1e3)
    session.step(Bar(np.array([10.0, 20.0]), np.array([10.0, 20.0])), np.array([0.5, 0.5]))
    assert session.fills["bar"].size == 0
    session.step(Bar(np.array([11.0, np.nan]), np.array([11.0, np.nan])))
    fills = session.fills
    assert (fills["bar"].tolist(), fills["decided"].tolist(), fills["instrument"].tolist()) == ([1], [0], [0])
    value = fills["units"][0] * fills["price"][0]
    assert fills["slippage"][0] == pytest.approx(value * 5e-4)
    assert fills["fee"][0] == pytest.approx(value * 1.0005 * 1e-3)
    assert session.drops == [(1, "no_price")]


@pytest.mark.parametrize("fill", FILLS)
def test_a_look_ahead_in_the_bar_is_what_a_decision_may_know(fill: str) -> None:
    one = case(9, fill=fill)
    result = run_weights(one.panel, one.weights, **one.options)
    session, known = session_of(result), 0
    for t in range(len(result.equity)):
        before = session.snapshot()
        held = session.look(bar_of(result, t))
        assert session.snapshot() == before
        session.step(bar_of(result, t), one.weights[t])
        if fill != "close":
            assert np.array_equal(held, session.held)
        known += int(held.sum() > 0)
    assert known > 5


def test_held_are_the_drifted_fractions() -> None:
    session = BarSession(2, fill="close", costs=Costs.zero(), initial_cash=100.0)
    assert session.held.tolist() == [0.0, 0.0]
    session.step(Bar(np.array([1.0, 1.0]), np.array([1.0, 1.0])), np.array([0.5, 0.25]))
    assert session.held.tolist() == [0.5, 0.25]
    session.step(Bar(np.array([3.0, 1.0]), np.array([3.0, 1.0])))
    assert session.held.tolist() == [150 / 200, 25 / 200]


def test_an_error_leaves_the_account_as_it_was() -> None:
    session = BarSession(2, fill="next_close")
    good = Bar(np.array([10.0, 20.0]), np.array([10.0, 20.0]))
    session.step(good, np.array([0.5, 0.5]))
    before = session.snapshot()
    for bar, weights, error in [
        (Bar(np.array([10.0]), np.array([10.0])), None, DataError),
        (Bar(np.array([10.0, -1.0]), np.array([10.0, 1.0])), None, DataError),
        (Bar(np.array([10.0, 1.0]), np.array([np.inf, 1.0])), None, DataError),
        (good, np.array([0.9, 0.9]), OrderError),
        (good, np.array([-0.1, 0.9]), OrderError),
        (good, np.array([0.5]), DataError),
    ]:
        with pytest.raises(error):
            session.step(bar, weights)
        assert session.snapshot() == before
    with pytest.raises(ConfigError, match="n_instruments"):
        BarSession(0)


def test_a_damaged_snapshot_is_refused_wherever_it_is_hit() -> None:
    session = BarSession(3, fill="next_open", costs=Costs(bps=3, slippage_bps=(1.0, 2.0, 3.0)))
    session.step(Bar(np.full(3, 10.0), np.full(3, 10.0)), np.full(3, 0.3))
    good = session.snapshot()
    assert good[:4] == b"QBS1"
    assert BarSession.restore(good).snapshot() == good
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 0x40
        with pytest.raises(DataError, match=r"^snapshot: "):
            BarSession.restore(bytes(bad))
    for cut in (0, 3, 4, 50, len(good) - 1):
        with pytest.raises(DataError, match=r"^snapshot: "):
            BarSession.restore(good[:cut])


def test_a_foreign_snapshot_is_refused() -> None:
    for foreign in (b"", b"PAR1" + bytes(100), b"QBS1" + bytes(100)):
        with pytest.raises(DataError, match=r"^snapshot: "):
            BarSession.restore(foreign)
    with pytest.raises(DataError, match="expected bytes, got str"):
        BarSession.restore("QBS1")


@pytest.mark.parametrize(
    "config",
    [b"[]", b"{}", b"nonsense", b'{"n": -1}', b'{"n": 2, "fill": "vwap"}', b"[" * 100_000],
)
def test_a_snapshot_signed_over_nonsense_is_refused(config: bytes) -> None:
    head = struct.pack("<4sI32sI", b"QBS1", 1, hashlib.sha256(config).digest(), len(config))
    body = head + config + bytes(64)
    with pytest.raises(DataError, match=r"^snapshot: "):
        BarSession.restore(body + hashlib.sha256(body).digest())


def test_a_snapshot_of_another_version_or_size_is_refused() -> None:
    good = BarSession(2).snapshot()
    later = good[:4] + struct.pack("<I", 2) + good[8:-32]
    with pytest.raises(DataError, match="expected version 1, got 2"):
        BarSession.restore(later + hashlib.sha256(later).digest())
    longer = good[:-32] + bytes(8)
    with pytest.raises(DataError, match="cannot be restored"):
        BarSession.restore(longer + hashlib.sha256(longer).digest())


def test_a_snapshot_keeps_the_settings() -> None:
    costs = Costs(bps=1, sell_bps=2, slippage_bps=(0.5, 1.5), fixed=3, minimum=4)
    session = BarSession(2, fill="close", sizing="first_order", costs=costs, initial_cash=77.0)
    copy = BarSession.restore(session.snapshot())
    assert copy.settings == Settings("close", "first_order", costs, 77.0)
    assert (copy.n_instruments, copy.n_bars, copy.equity) == (2, 0, 77.0)
