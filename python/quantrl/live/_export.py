"""A book's tables out of its folder: as frames, and as files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from quantrl.errors import ConfigError
from quantrl.live.frames import FRAMES
from quantrl.live.reading import closed_book
from quantrl.live.storage import Storage

if TYPE_CHECKING:
    import polars as pl

    from quantrl.data import Panel

SUFFIXES = (".parquet", ".csv")


def export(folder: str | Path, what: str, panel: Panel | None = None) -> pl.DataFrame:
    """One table of a book that no daemon runs.

    Parameters
    ----------
    folder : str or Path
    what : str
        ``fills orders postings equity rounds decisions verdicts transfers``.
    panel : Panel, optional
        The feed's data, if loaded already.

    Returns
    -------
    DataFrame
        In the order things happened. Columns that end in ``_1e8`` are whole cash units (1e-8 of the currency) and exact;
        the column after each is the same in currency. Times are UTC; instruments and agents bear their names.

    Raises
    ------
    ConfigError
        No book there, or no such table.
    AlreadyRunning, FeedError, JournalError
        As `quantrl.live.reading.closed_book`.
    """
    if what not in FRAMES:
        raise ConfigError(f"what: expected one of {', '.join(FRAMES)}, got {what!r}")
    with closed_book(folder, panel) as book:
        return FRAMES[what](book)


def write(folder: str | Path, what: str, to: str | Path, panel: Panel | None = None) -> Path:
    """One table as a file, whole or not at all.

    Parameters
    ----------
    folder, what, panel
        As `export`.
    to : str or Path
        Parquet or CSV by its suffix.

    Raises
    ------
    ConfigError
        Also another suffix. Nothing is written.
    StorageError
        The disk refuses.
    """
    target = Path(to)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise ConfigError(f"to: expected a name that ends in {' or '.join(SUFFIXES)}, got {target.name!r}")
    frame, out = export(folder, what, panel), BytesIO()
    if suffix == ".parquet":
        frame.write_parquet(out)
    else:
        frame.write_csv(out)
    Storage(target.parent).write_atomic(target.name, out.getvalue())
    return target
