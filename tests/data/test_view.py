from __future__ import annotations

import numpy as np
import pytest

from quantrl.data.panel import Panel
from quantrl.errors import DataError, LookAheadError
from quantrl.units import NS_PER_DAY


def test_shows_the_bars_that_have_ended(panel: Panel) -> None:
    view = panel.as_of(int(panel.time[2]))
    assert (view.n, view.now, view.n_instruments) == (3, panel.time[2], 3)
    assert view.instruments == panel.instruments
    assert view.columns == ("close", "volume")
    np.testing.assert_array_equal(view["close"], panel["close"][:3])
    np.testing.assert_array_equal(view.time, panel.time[:3])
    np.testing.assert_array_equal(view.last("close"), panel["close"][2])
    np.testing.assert_array_equal(view.window("close", 2), panel["close"][1:3])
    np.testing.assert_allclose(view.returns(2), panel["close"][1:3] / panel["close"][:2] - 1, rtol=0, atol=0)
    assert view.window("close", 0).shape == (0, 3)


def test_before_the_first_bar_nothing_is_known(panel: Panel) -> None:
    view = panel.as_of(int(panel.time[0]) - 1)
    assert view.n == 0
    assert view["close"].shape == (0, 3)
    assert view.time.shape == (0,)
    with pytest.raises(DataError, match="0 bars have ended"):
        view.last()


def test_asking_for_the_future_is_a_look_ahead_error(panel: Panel) -> None:
    view = panel.as_of(int(panel.time[2]))
    with pytest.raises(LookAheadError, match="bar 3 is not known yet"):
        view.row("close", 3)
    with pytest.raises(LookAheadError, match="after the decision time"):
        view.index_at(view.now + 1)
    with pytest.raises(IndexError):
        view["close"][3]
    assert view.index_at(view.now - 1) == 1
    assert view.index_at(int(panel.time[0]) - 1) == -1


def test_short_history_and_unknown_columns_are_data_errors(panel: Panel) -> None:
    view = panel.as_of(int(panel.time[2]))
    for ask in (lambda: view.window("close", 4), lambda: view.returns(3), lambda: view.window("close", -1)):
        with pytest.raises(DataError, match="3 bars have ended"):
            ask()
    with pytest.raises(DataError, match=r"no column 'open'; this view has: close, volume"):
        view["open"]
    with pytest.raises(DataError, match="from 0 to 2"):
        view.row("close", -1)


def test_held_belongs_to_one_agent(panel: Panel) -> None:
    view = panel.as_of(int(panel.time[2]))
    np.testing.assert_array_equal(view.held, np.zeros(3))
    weights = np.array([0.2, 0.3, 0.5])
    other = view.with_held(weights)
    weights[0] = 9
    np.testing.assert_array_equal(other.held, [0.2, 0.3, 0.5])
    np.testing.assert_array_equal(view.held, np.zeros(3))
    assert other["close"] is view["close"]
    with pytest.raises(ValueError, match="read-only"):
        other.held[0] = 1
    with pytest.raises(DataError, match="held"):
        view.with_held(np.zeros(2))
    np.testing.assert_array_equal(panel.as_of(view.now, held=np.ones(3)).held, np.ones(3))


def test_masks_are_seen_up_to_now(panel: Panel) -> None:
    close = panel["close"].copy()
    close[1, 0] = np.nan
    plain = panel.with_columns(close=close).as_of(int(panel.time[2]))
    assert plain.member.all()
    assert plain.member.shape == (3, 3)
    np.testing.assert_array_equal(plain.tradable, ~np.isnan(close[:3]))
    given = np.ones((6, 3), dtype=bool)
    given[2, 1] = False
    masked = Panel(
        {"close": close}, panel.time, panel.instruments, masks={"tradable": given, "member": given},
        available_at={"member": NS_PER_DAY},
    ).as_of(int(panel.time[2]))  # fmt: skip
    np.testing.assert_array_equal(masked.tradable, ~np.isnan(close[:3]) & given[:3])
    assert masked.member[:2].all()
    assert not masked.member[2].any()
    assert masked.columns == ("close",)
