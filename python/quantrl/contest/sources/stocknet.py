"""Tweets on 12 stocks, 2014 to 2015: a reader of a folder with their parquet files; nothing of them is shipped.

The time of a tweet is `created_at`. The column `day` is neither UTC nor New York, and joining it to that day's close looks
ahead by hours.

References
----------
Xu and Cohen (2018), Stock movement prediction from tweets and historical prices, ACL.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities
from quantrl.contest.sources import Source, SourceConfig
from quantrl.contest.sources._rows import keep_rows, read_rows
from quantrl.contest.sources.frame import read_cells
from quantrl.data import read
from quantrl.errors import DataError

if TYPE_CHECKING:
    from quantrl.data import Panel

CLOSE_TIME = "16:00 America/New_York"
_NEEDED = ("symbol", "created_at", "text")


def load(config: SourceConfig, panel: Panel | None = None) -> DocumentStore:
    """Tweets as documents, their symbol a hint; equal tweets are one, with the symbols of all.

    Raises
    ------
    DataError
        A file that is missing, or lacks a column.
    """
    cells, origin = keep_rows(*read_rows(Path(str(config.path)) / "tweets.parquet"), config.where)
    missing = [name for name in _NEEDED if name not in cells]
    if missing:
        raise DataError(f"{origin.file}: expected columns {', '.join(_NEEDED)}; {missing[0]} is missing")
    texts = cells["text"]
    shown = {
        "published_at": cells["created_at"],
        "title": [text if len(text) <= 300 else "" for text in texts],
        "text": ["" if len(text) <= 300 else text for text in texts],
        "symbols": cells["symbol"],
        "lang": ["en"] * len(texts),
    }
    return read_cells(
        shown, origin, source=config.name or "stocknet", delay_ns=config.delay_ns,
        entities=Entities.known(dict.fromkeys(cells["symbol"])),
    )  # fmt: skip


def prices(folder: str | Path) -> Panel:
    """Daily bars scaled by adj_close / close, so that r(s) from open to open holds splits and dividends."""
    panel = read(
        Path(folder) / "prices.parquet", close_time=CLOSE_TIME, periods_per_year=252, name="stocknet"
    )
    return panel.adjusted("adj_close")


SOURCE = Source(
    "stocknet",
    "a folder with the tweets and prices of the StockNet data set",
    load,
    needs="path",
    prices=prices,
)
