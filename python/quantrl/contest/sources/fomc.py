"""Statements of the Federal Open Market Committee, 1994 to 2016: a bundled sample, US government text, public domain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities
from quantrl.contest.sources import Source, SourceConfig
from quantrl.contest.sources.frame import read_cells
from quantrl.data.hashing import file_sha256
from quantrl.data.origin import Origin
from quantrl.data.samples import FOLDER
from quantrl.data.sources._decoder import decode
from quantrl.errors import ConfigError, DataError

if TYPE_CHECKING:
    from quantrl.data import Panel

FILE = "fomc.parquet"
SHA256 = "d3216d1c10b74fad568dea4133bccb63d72237b3e7808331573171653bf7f8f1"
ZONE = "America/New_York"


def load(config: SourceConfig, panel: Panel | None = None) -> DocumentStore:
    """159 statements, without symbols. A date alone is known: a statement is taken to appear as its day ends.

    Raises
    ------
    DataError
        The file of this installation is missing or was changed.
    ConfigError
        A path, columns or a time zone: the sample has its own.
    """
    if config.path is not None or config.columns or config.time_zone is not None:
        raise ConfigError("documents: fomc is a bundled sample; remove path, columns and time_zone")
    path = FOLDER / FILE
    if not path.is_file():
        raise DataError(f"{path}: the bundled sample fomc is missing from this installation")
    digest = file_sha256(path)
    if digest != SHA256:
        raise DataError(f"{path}: expected sha256 {SHA256}, got {digest}; the bundled sample was changed")
    frame = decode(str(path), ["date", "text"])
    dates = frame["date"].to_list()
    cells = {
        "title": [f"FOMC statement of {day:%B} {day.day}, {day.year}" for day in dates],
        "text": frame["text"].to_list(),
        "published_at": dates,
        "lang": ["en"] * len(dates),
    }
    return read_cells(
        cells, Origin("fomc", "row", np.arange(1, len(dates) + 1)), source=config.name or "fomc", time_zone=ZONE,
        delay_ns=config.delay_ns, entities=Entities.known(config.symbols) if config.symbols else None,
    )  # fmt: skip


SOURCE = Source(
    "fomc", "159 statements of the US Federal Open Market Committee, 1994-02-04 to 2016-09-21", load
)
