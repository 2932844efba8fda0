"""Small panels and files that are clean, to be spoilt one thing at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantrl.data.panel import Panel
from quantrl.units import NS_PER_DAY

FIRST_BAR = 1_577_998_800_000_000_000  # 2020-01-02 16:00 New York


@pytest.fixture
def panel() -> Panel:
    """Six bars of three names: close and a volume that is known a day late."""
    close = np.arange(1.0, 19.0).reshape(6, 3)
    time = FIRST_BAR + NS_PER_DAY * np.arange(6)
    return Panel(
        {"close": close, "volume": close * 100},
        time,
        ["A", "B", "C"],
        periods_per_year=252,
        available_at={"volume": NS_PER_DAY},
    )


@pytest.fixture
def bars() -> Callable[..., pl.DataFrame]:
    """Long frames of clean daily bars: no quality code applies to them."""

    def build(symbols: str = "A", n: int = 30) -> pl.DataFrame:
        k = np.arange(n)
        frames = []
        for position, symbol in enumerate(symbols):
            close = 100.0 + 10 * position + (k * 7 + position) % 11 * 0.5
            frames.append(
                pl.DataFrame(
                    {
                        "symbol": [symbol] * n,
                        "date": [dt.date(2020, 1, 1) + dt.timedelta(days=int(i)) for i in k],
                        "open": close - 0.25,
                        "high": close + 1.0,
                        "low": close - 1.0,
                        "close": close,
                        "volume": 1_000.0 + (k * 13) % 17,
                    }
                )
            )
        return pl.concat(frames)

    return build


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, Any], Path]:
    """Write text, bytes or a frame to a file below a temporary folder."""

    def to_file(name: str, content: str | bytes | pl.DataFrame) -> Path:
        path = tmp_path / name
        if isinstance(content, pl.DataFrame):
            (content.write_csv if path.suffix == ".csv" else content.write_parquet)(path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return to_file
