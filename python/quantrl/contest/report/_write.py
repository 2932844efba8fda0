"""From the tables of a run to its report: ``report.json``, ``report.md``, ``report.html``."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

from quantrl.contest.evaluate.books import Books
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.report._build import build_with
from quantrl.contest.report._markdown import markdown
from quantrl.contest.report.frames import decisions, equity
from quantrl.errors import RunError
from quantrl.report.folder import ReportFolder
from quantrl.typing import JsonObject


def write(run_folder: str | Path, *, html: bool | None = None) -> list[Path]:
    """Make the report of a run from its tables alone; the same tables give the same bytes.

    Parameters
    ----------
    run_folder : str or Path
    html : bool, optional
        Whether to draw the page; by default where plotly is installed. An older page is removed where none is drawn.

    Returns
    -------
    list of Path
        ``report.json``, ``equity.parquet``, ``decisions.parquet``, ``report.md`` and perhaps ``report.html``.

    Raises
    ------
    ConfigError
        `html` is asked for and plotly is not installed.
    RunError
        A table is missing, or a file cannot be written.
    DataError
        A table is not what it should be.
    """
    books = Books(Tables.read(run_folder))
    folder = books.tables.folder
    report = build_with(books)
    drawn = html or (html is None and find_spec("plotly") is not None)
    if not drawn:
        (folder / "report.html").unlink(missing_ok=True)
    made = [_text(folder / "report.json", as_text(report))]
    for name, frame in (("equity.parquet", equity(books)), ("decisions.parquet", decisions(books))):
        aside = folder / f".{name}.{os.getpid()}.partial"
        frame.write_parquet(aside)
        made.append(aside.replace(folder / name))
    made.append(_text(folder / "report.md", markdown(report)))
    if drawn:
        made.append(write_page(folder))
    return made


def write_page(run_folder: str | Path) -> Path:
    """Draw ``report.html`` again from ``report.json`` and its frames."""
    from quantrl.contest.report.page import contest_page

    folder = ReportFolder.open(run_folder)
    return _text(folder.path / "report.html", contest_page(folder).render())


def as_text(report: JsonObject) -> str:
    """JSON with the banner on its first line."""
    head, body = json.dumps(report, indent=1, allow_nan=False, ensure_ascii=False).split("\n", 1)
    return head + body.lstrip() + "\n"


def _text(target: Path, content: str) -> Path:
    aside = target.parent / f".{target.name}.{os.getpid()}.partial"
    try:
        aside.write_text(content, encoding="utf-8", newline="\n")
        return aside.replace(target)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise RunError(f"{target}: cannot be written: {error.strerror}") from None
