"""``report.html`` of a run folder."""

from __future__ import annotations

import os
from pathlib import Path

from quantrl.errors import RunError
from quantrl.report.backtest_page import backtest_page
from quantrl.report.contest_page import contest_page
from quantrl.report.folder import ReportFolder, read_report
from quantrl.report.pairs.folder import PAIR, PairFolder
from quantrl.report.pairs.page import pair_page
from quantrl.report.paper_page import paper_page
from quantrl.report.sweep.folder import SWEEP, SweepFolder
from quantrl.report.sweep.page import sweep_page
from quantrl.report.ticks.folder import KIND, ReplayFolder
from quantrl.report.ticks.page import replay_page

PAGES = {"contest": contest_page, "backtest": backtest_page, "paper": paper_page}


def write_report(run_folder: str | Path) -> Path:
    """Make the page of a run from its folder alone.

    Parameters
    ----------
    run_folder : str or Path
        Holds ``report.json`` and ``equity.parquet``; ``decisions.parquet`` and ``fills.parquet`` where there
        are any.

    Returns
    -------
    Path
        ``<run_folder>/report.html``: one file under 6 MB that asks nothing of any network. The same folder
        gives the same bytes.

    Raises
    ------
    ConfigError
        plotly is not installed.
    RunError
        A file is missing, or the page cannot be written.
    DataError
        A file is not what it should be.
    """
    path = Path(run_folder)
    raw = read_report(path)
    if raw.get("kind") == KIND:
        content = replay_page(ReplayFolder(path, raw)).render()
    elif raw.get("kind") == PAIR:
        content = pair_page(PairFolder(path, raw)).render()
    elif raw.get("kind") == SWEEP:
        content = sweep_page(SweepFolder(path, raw)).render()
    else:
        folder = ReportFolder.open(path)
        content = PAGES[folder.report.kind](folder).render()
    target = path / "report.html"
    aside = path / f".report.html.{os.getpid()}.partial"
    try:
        aside.write_text(content, encoding="utf-8", newline="\n")
        aside.replace(target)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise RunError(f"{target}: cannot be written: {error.strerror}") from None
    return target
