"""News on 20 Dow stocks, 2025: a reader of a folder with their parquet files; nothing of them is shipped.

The time of an item is `published_at`; the source's own label is eight hours ahead of that on most items. What the feed
``finnhub`` calls UTC is the wall time of New York for every publisher but Yahoo, four or five hours too early: notes of
MarketWatch on the day's close bear 16:34, those on the first minutes of trading 09:45, in winter and in summer time alike;
a transcript of Salesforce's call of 2025-02-26, which began at 22:00 UTC, bears 20:29. Yahoo's notes on the close move from
22:45 to 21:45 with summer time, as UTC does. Taken as they stand, these times let an agent read of a day before it opens.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities
from quantrl.contest.sources import Source, SourceConfig
from quantrl.contest.sources._rows import Cells, keep_rows, read_rows
from quantrl.contest.sources.frame import read_cells
from quantrl.data import Panel, read
from quantrl.data.origin import shown
from quantrl.errors import DataError
from quantrl.units import ns_from_iso

CLOSE_TIME = "16:00 America/New_York"
HOLES = ("2025-01-10", "2025-01-13")
"""Sessions that no symbol has."""
_NEEDED = ("symbol", "published_at", "title", "description")
_FEED, _IN_UTC = "finnhub", frozenset({"Yahoo"})
_NEW_YORK = ZoneInfo("America/New_York")


def load(config: SourceConfig, panel: Panel | None = None) -> DocumentStore:
    """Headlines with their descriptions; an item on several symbols is one document with all of them.

    Raises
    ------
    DataError
        A file that is missing, or lacks a column.
    """
    cells, origin = keep_rows(*read_rows(Path(str(config.path)) / "news.parquet"), config.where)
    missing = [name for name in _NEEDED if name not in cells]
    if missing:
        raise DataError(f"{origin.file}: expected columns {', '.join(_NEEDED)}; {missing[0]} is missing")
    ids = cells.get("item_id", [""] * len(cells["title"]))
    shown = {
        "published_at": _times(cells, origin.file),
        "title": cells["title"],
        "text": cells["description"],
        "symbols": cells["symbol"],
        "url": [f"item:{one}" for one in ids],
        "lang": ["en"] * len(ids),
    }
    return read_cells(
        shown, origin, source=config.name or "stockbench", delay_ns=config.delay_ns,
        entities=Entities.known(dict.fromkeys(cells["symbol"])),
    )  # fmt: skip


def _times(cells: Cells, file: str) -> list[Any]:
    """When each item was published."""
    times = list(cells["published_at"])
    nothing = [None] * len(times)
    feeds, publishers = (cells.get(name, nothing) for name in ("api", "source"))
    for i, (feed, who, at) in enumerate(zip(feeds, publishers, times, strict=True)):
        if feed == _FEED and who not in _IN_UTC:
            if not isinstance(at, dt.datetime):
                raise DataError(
                    f"{file}: row {i + 1}, column 'published_at': expected a time, got {shown(at)}"
                )
            times[i] = at.replace(tzinfo=_NEW_YORK, fold=1).astimezone(dt.UTC)
    return times


def prices(folder: str | Path) -> Panel:
    """Daily bars of prices as traded, dividends not in them; a session nobody has is a row without prices.

    So no return spans a hole: it is NaN on both sides of it.
    """
    panel = read(
        Path(folder) / "prices.parquet", columns=("open", "high", "low", "close", "volume"), close_time=CLOSE_TIME,
        periods_per_year=252, name="stockbench",
    )  # fmt: skip
    ends = [ns_from_iso(f"{day}T21:00:00+00:00") for day in HOLES]  # winter time
    inside = [end for end in ends if panel.time[0] < end < panel.time[-1] and end not in panel.time]
    time = np.sort(np.concatenate([panel.time, np.array(inside, dtype=np.int64)]))
    rows = np.searchsorted(time, panel.time)
    columns: dict[str, Any] = {}
    for name, values in panel.columns.items():
        columns[name] = np.full((len(time), panel.n_instruments), np.nan)
        columns[name][rows] = values
    return Panel(
        columns, time, panel.table, periods_per_year=252, adjust="split", name="stockbench", source=panel.source,
        flags=(*panel.flags, "prices without dividends"),
    )  # fmt: skip


SOURCE = Source(
    "stockbench",
    "a folder with the news and prices of the StockBench data set",
    load,
    needs="path",
    prices=prices,
)
