"""Quality of a panel or file: eighteen codes, see `CODES` in `quantrl.data.quality.report`.

Sources refuse data with an error; warnings and infos are for a person to judge. Q11 (sessions without a bar) needs the name
of the exchange: neither a panel nor a file says which days it was open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantrl.data.quality import cells, series, universe
from quantrl.data.quality.report import CODES, Finding, QualityReport, sort_findings

if TYPE_CHECKING:
    from quantrl.data.grid import Grid

__all__ = ["CODES", "Finding", "QualityReport", "check_grid"]


def check_grid(grid: Grid) -> QualityReport:
    """Run every check on columns that are not yet a panel."""
    findings = [*grid.findings]
    for checks in (cells.CHECKS, series.CHECKS, universe.CHECKS):
        for check in checks:
            findings += check(grid)
    return QualityReport(sort_findings(findings), grid.source, grid.word)
