"""The folder a command is about."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from quantrl.errors import ConfigError

DEMO = Path("runs/paper-demo")
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the book.", show_default=False)]
JOURNAL = "journal.db"


def check(folder: Path) -> None:
    """Refuse a folder without a book.

    Raises
    ------
    ConfigError
    """
    if not (folder / JOURNAL).is_file():
        raise ConfigError(f"{folder}: holds no book; `quantrl paper start {folder} --config FILE` makes one")


def need_live() -> None:
    """Refuse to go on without SQLite of our own.

    Raises
    ------
    ConfigError
    """
    if find_spec("apsw") is None:
        raise ConfigError(
            "quantrl paper needs apsw, which comes with the extra live: pip install 'quantrl[live]'"
        )
