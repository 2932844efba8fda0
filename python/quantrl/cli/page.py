"""``report.html``, where its extra is installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from quantrl.cli.console import Output


def wanted(output: Output, *, asked: bool) -> bool:
    """Whether to draw the page; says so where it was asked for and cannot be drawn."""
    if not asked or find_spec("plotly") is not None:
        return asked
    output.say("report.html is left out: it needs pip install 'quantrl[report]'")
    return False


def draw(folder: Path) -> None:
    """Write the page into a run folder, from what is in it."""
    from quantrl.report import write_report

    write_report(folder)
