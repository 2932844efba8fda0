"""What a quality check found, and the table of codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from quantrl.data.origin import shown
from quantrl.errors import DataError
from quantrl.typing import IntArray

Severity = Literal["error", "warning", "info"]
_ROWS_KEPT = 20

CODES: dict[str, tuple[Severity, str]] = {
    "Q01": ("error", "time is not increasing"),
    "Q02": ("error", "the same time twice"),
    "Q03": ("error", "expected a finite number or an empty cell"),
    "Q04": ("error", "expected a price above 0"),
    "Q05": ("error", "high and low do not contain open and close"),
    "Q06": ("error", "expected a volume of 0 or more"),
    "Q07": ("error", "known before it happened: available_at lies before time"),
    "Q08": ("error", "times without a zone; write one in the file or pass time_zone"),
    "Q09": ("error", "total-return prices beside dividends: they would be paid twice"),
    "Q10": ("warning", "a jump by about a split ratio: a split, or a real move?"),
    "Q11": ("warning", "sessions of the exchange without a bar"),
    "Q12": ("warning", "the last bar looks unfinished"),
    "Q13": ("warning", "the same price for 5 bars or more"),
    "Q14": ("warning", "the volume never changes"),
    "Q15": ("warning", "open = high = low = close throughout, so next_open means nothing"),
    "Q16": ("warning", "every name is alive at the end: chosen with hindsight?"),
    "Q17": ("warning", "membership was known only after its use"),
    "Q18": ("info", "halts, listings or price limits"),
}


@dataclass(frozen=True)
class Finding:
    """One kind of fault in one column or instrument.

    Parameters
    ----------
    code : str
        Key of `CODES`.
    rows : tuple of int
        The first 20 rows of the file (or of the panel, from 0) where it was found.
    n_rows : int
        How many there are.
    column, instrument : str
        Where; empty if it concerns more than one.
    example : str
        The first value that shows it.
    message : str
        What was expected, or what it means.
    """

    code: str
    rows: tuple[int, ...] = ()
    n_rows: int = 0
    column: str = ""
    instrument: str = ""
    example: str = ""
    message: str = ""

    @property
    def severity(self) -> Severity:
        """``error``, ``warning`` or ``info``."""
        return CODES[self.code][0]

    def line(self, word: str) -> str:
        """On one line: code, place, message, example."""
        place = [f"{word} {self.rows[0]}"] if self.rows else []
        place += [f"column {shown(self.column)}"] if self.column else []
        place += [f"instrument {shown(self.instrument)}"] if self.instrument else []
        where = f" {', '.join(place)}:" if place else ""
        return f"{self.code}{where} {self.message}" + (f", got {self.example}" if self.example else "")


def finding(
    code: str, rows: Any = (), *, column: str = "", instrument: str = "", example: Any = "", message: str = ""
) -> Finding:
    """A finding from row numbers; `message` defaults to that of the code."""
    numbers: IntArray = np.atleast_1d(np.asarray(rows, dtype=np.int64))
    kept = tuple(int(row) for row in numbers[:_ROWS_KEPT])
    text = example if isinstance(example, str) else shown(example)
    return Finding(code, kept, len(numbers), column, instrument, text, message or CODES[code][1])


@dataclass(frozen=True)
class QualityReport:
    """Everything found in one panel or file, by code, column and instrument.

    Parameters
    ----------
    findings : tuple of Finding
    source : str
        File or name of the panel.
    word : str
        ``line`` or ``row``: what row numbers count.
    """

    findings: tuple[Finding, ...]
    source: str
    word: str = "row"

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What no backtest may run on."""
        return self._of("error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What may be right, and often is not."""
        return self._of("warning")

    @property
    def infos(self) -> tuple[Finding, ...]:
        """What a reader should know."""
        return self._of("info")

    @property
    def codes(self) -> tuple[str, ...]:
        """Codes found, sorted, each once."""
        return tuple(sorted({found.code for found in self.findings}))

    def table(self) -> pl.DataFrame:
        """One line a finding: code, severity, instrument, column, rows, first_row, example, message."""
        found = self.findings
        return pl.DataFrame(
            {
                "code": [f.code for f in found],
                "severity": [f.severity for f in found],
                "instrument": [f.instrument for f in found],
                "column": [f.column for f in found],
                "rows": [f.n_rows for f in found],
                "first_row": [f.rows[0] if f.rows else None for f in found],
                "example": [f.example for f in found],
                "message": [f.message for f in found],
            },
            schema={
                "code": pl.String, "severity": pl.String, "instrument": pl.String, "column": pl.String,
                "rows": pl.Int64, "first_row": pl.Int64, "example": pl.String, "message": pl.String,
            },
        )  # fmt: skip

    def raise_if_errors(self, name: str | None = None) -> None:
        """Refuse the data.

        Parameters
        ----------
        name : str, optional
            Used instead of `source` in the message.

        Raises
        ------
        DataError
            The first error in the file, on one line, and how many more there are.
        """
        errors = sorted(self.errors, key=_first_row)
        if errors:
            more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
            raise DataError(f"{name or self.source}: {errors[0].line(self.word)}{more}")

    def _of(self, severity: Severity) -> tuple[Finding, ...]:
        return tuple(found for found in self.findings if found.severity == severity)


def _first_row(found: Finding) -> tuple[int, str]:
    return (found.rows[0] if found.rows else 0, found.code)


def sort_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """By code, then instrument, column and row."""
    return tuple(sorted(findings, key=lambda f: (f.code, f.instrument, f.column, f.rows)))
