from __future__ import annotations

import pytest

from quantrl.data.layout import detect
from quantrl.errors import DataError


def test_long_by_a_symbol_column() -> None:
    found = detect(["Ticker", "Date", " Adj Close ", "Close", "available_at"], "f")
    assert (found.time, found.symbol, found.available_at, found.wide) == (
        "Date",
        "Ticker",
        "available_at",
        False,
    )
    assert found.data == {"adj_close": " Adj Close ", "close": "Close"}


def test_long_with_one_instrument_by_a_close_column() -> None:
    found = detect(["date", "open", "close"], "f")
    assert not found.wide
    assert found.symbol is None
    assert list(found.data) == ["open", "close"]


def test_wide_otherwise_or_when_told() -> None:
    found = detect(["timestamp", "AAPL", "Msft "], "f")
    assert found.wide
    assert found.data == {"AAPL": "AAPL", "Msft": "Msft "}
    assert detect(["date", "close", "open"], "f", layout="wide").data == {"close": "close", "open": "open"}


def test_columns_can_be_chosen() -> None:
    assert detect(["date", "A", "B"], "f", columns=["B"]).data == {"B": "B"}
    with pytest.raises(DataError, match="no column 'C'; it has 'A', 'B'"):
        detect(["date", "A", "B"], "f", columns=["C"])


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b"], "expected a column called one of time, date"),
        (["date", "time", "a"], "mean the same"),
        (["date", "symbol", "ticker"], "mean the same"),
        (["date"], "nothing to read"),
        (["date", "symbol"], "nothing to read"),
        (["date", "A", "A"], "'A' appears twice"),
        (["date", "symbol", "Close", "close"], "same name"),
        (["date", " "], "column 2"),
        (["date", "x" * 257], "257 bytes"),
        (["date", "a\nb"], "cannot be printed"),
        (["date", *map(str, range(20_000))], "20001 columns, more than 20000"),
    ],
)
def test_refuses_unclear_headers(names: list[str], message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        detect(names, "f.csv")
    assert str(caught.value).startswith("f.csv: ")
    assert "\n" not in str(caught.value)
