from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from quantrl.data.instrument import Instrument
from quantrl.data.panel import Panel
from quantrl.errors import ConfigError, DataError
from quantrl.units import NS_PER_DAY

TIME = np.array([10, 20, 30], dtype=np.int64)


def make(**changes: object) -> Panel:
    arguments: dict[str, object] = {
        "columns": {"close": np.ones((3, 2))},
        "time": TIME,
        "instruments": ["A", "B"],
    }
    return Panel(**{**arguments, **changes})  # type: ignore[arg-type]


def test_columns_are_read_only_copies_in_c_order() -> None:
    given = np.asfortranarray(np.arange(1.0, 7.0).reshape(3, 2))
    panel = make(columns={"close": given})
    given[0, 0] = 99
    close = panel["close"]
    assert close[0, 0] == 1
    assert close.flags.c_contiguous
    assert close.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        close[0, 0] = 5
    with pytest.raises(ValueError, match="WRITEABLE"):
        close.setflags(write=True)
    with pytest.raises(TypeError):
        panel.columns["close"] = close  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time": [10, 20, 20]}, "time: row 2 is 20, not after row 1"),
        ({"time": np.array([1.0, 2.0, 3.0])}, "time: expected"),
        ({"columns": {}}, "at least one column"),
        ({"columns": {"close": np.ones((2, 2))}}, r"close: expected shape \(3, 2\), got \(2, 2\)"),
        ({"columns": {"close": np.full((3, 2), "x")}}, "close: expected numbers"),
        ({"columns": {"close": [[1, 1], [1, 0], [1, 1]]}}, "Q04 row 1, column 'close', instrument 'B'"),
        ({"columns": {"close": [[1, 1], [1, 1], [np.inf, 1]]}}, "Q03 row 2, column 'close', instrument 'A'"),
        ({"columns": {"volume": [[1, 1], [1, -1], [1, 1]]}}, "Q06 row 1, column 'volume', instrument 'B'"),
        ({"columns": {"member": np.ones((3, 2))}}, "member: is a mask"),
        ({"available_at": {"close": TIME - 1}}, "Q07 row 0"),
        ({"available_at": {"open": 5}}, "no column or mask 'open'"),
        ({"available_at": {"close": np.ones((2, 2), dtype=np.int64)}}, "available_at"),
        ({"masks": {"halted": np.ones((3, 2), dtype=bool)}}, "mask 'halted'"),
        ({"masks": {"member": np.ones((3, 2))}}, "expected bool"),
        ({"instruments": ["A", "A"]}, "'A' appears twice"),
        ({"instruments": ["A", "B\n"]}, "cannot be printed"),
        ({"instruments": ["A", "B" * 257]}, "257 bytes"),
        ({"instruments": "AB"}, "sequence of names"),
    ],
)
def test_refuses_what_cannot_be_a_panel(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        make(**changes)


@pytest.mark.parametrize(
    "changes", [{"periods_per_year": 0.0}, {"periods_per_year": np.nan}, {"adjust": "half"}]
)
def test_refuses_settings_out_of_range(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        make(**changes)


def test_reading_an_unknown_column_names_the_known_ones() -> None:
    with pytest.raises(DataError, match=r"no column 'open'; this panel has: close"):
        make()["open"]
    assert "open" not in make()
    assert "close" in make()


def test_only_picks_names_in_the_order_asked_for(panel: Panel) -> None:
    picked = panel.only("C", "A")
    assert picked.instruments == ("C", "A")
    np.testing.assert_array_equal(picked["close"], panel["close"][:, [2, 0]])
    np.testing.assert_array_equal(picked.available_at("volume"), panel.available_at("volume"))
    for wrong in ((), ("A", "A"), ("A", "Z")):
        with pytest.raises(DataError, match="distinct instruments"):
            panel.only(*wrong)


def test_between_includes_both_ends_and_refuses_an_empty_range(panel: Panel) -> None:
    cut = panel.between(int(panel.time[1]), int(panel.time[3]))
    np.testing.assert_array_equal(cut.time, panel.time[1:4])
    np.testing.assert_array_equal(panel.between().time, panel.time)
    with pytest.raises(DataError, match="the data run from 2020-01-02 to 2020-01-07"):
        panel.between(int(panel.time[-1]) + 1)


def test_head_is_a_prefix_of_everything(panel: Panel) -> None:
    head = panel.head(2)
    assert head.shape == (2, 3)
    np.testing.assert_array_equal(head["volume"], panel["volume"][:2])
    np.testing.assert_array_equal(head.available_at("volume"), panel.available_at("volume")[:2])
    for n in (0, 7):
        with pytest.raises(DataError, match="1 to 6"):
            panel.head(n)


def test_with_columns_keeps_all_else(panel: Panel) -> None:
    twin = panel.with_columns(close=panel["close"] * 2, signal=-panel["close"])
    np.testing.assert_array_equal(twin["close"], panel["close"] * 2)
    assert twin["signal"][0, 0] == -1
    np.testing.assert_array_equal(twin.available_at("volume"), panel.available_at("volume"))
    assert twin.periods_per_year == 252
    assert twin.id != panel.id


def test_available_at_as_lag_rows_and_cells(panel: Panel) -> None:
    np.testing.assert_array_equal(panel.available_at("volume"), panel.time + NS_PER_DAY)
    np.testing.assert_array_equal(panel.available_at("close"), panel.time)
    cells = np.add.outer(TIME, [0, 7])
    np.testing.assert_array_equal(make(available_at={"close": cells}).available_at("close"), cells)
    with pytest.raises(DataError, match="no column or mask 'open'"):
        panel.available_at("open")


def test_instrument_table() -> None:
    panel = make(instruments=[Instrument("A", lot=100.0), "B"])
    assert panel.table[0].lot == 100
    assert panel.instruments == ("A", "B")
    with pytest.raises(DataError, match="lot"):
        Instrument("A", lot=-1.0)


def test_long_frame_and_back(panel: Panel) -> None:
    again = Panel.from_long(panel.frame())
    for name in panel.columns:
        np.testing.assert_array_equal(again[name], panel[name])
    np.testing.assert_array_equal(again.time, panel.time)
    assert again.instruments == panel.instruments


def test_from_wide_takes_null_and_nan_as_missing() -> None:
    frame = pl.DataFrame({"time": TIME + 10**18, "B": [1.0, None, 3.0], "A": [1.0, float("nan"), 2.0]})
    panel = Panel.from_wide(frame, periods_per_year=12, name="x")
    assert panel.instruments == ("B", "A")
    assert panel.name == "x"
    assert np.isnan(panel["close"][1]).all()
    assert panel["close"][2, 0] == 3


def test_from_long_refuses_duplicates_and_masks_absent_rows() -> None:
    frame = pl.DataFrame(
        {
            "symbol": ["B", "A", "A"],
            "time": [10**18, 10**18, 10**18 + 1],
            "close": [1, 2, 3],
            "member": [1, 1, 0],
        }
    )
    panel = Panel.from_long(frame)
    assert panel.instruments == ("A", "B")
    np.testing.assert_array_equal(panel.member, [[True, True], [False, False]])
    with pytest.raises(DataError, match="frame: Q02 row 4, column 'time', instrument 'B'"):
        Panel.from_long(pl.concat([frame, frame.head(1)]))
