"""Checks on the order of records: Q01 time not increasing, Q02 the same time twice, Q08 no time zone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantrl.data.origin import Origin
from quantrl.data.quality.report import Finding, finding
from quantrl.typing import IntArray
from quantrl.units import iso_date


def order(
    time: IntArray, which: IntArray | None, names: Sequence[str], origin: Origin, column: str
) -> list[Finding]:
    """Whether times increase from record to record, within each instrument.

    Parameters
    ----------
    time : (n_records,) int64
    which : (n_records,) int64, optional
        Instrument of each record; None where all belong together (wide files).
    names : sequence of str
        Instrument names.
    origin : Origin
        For row numbers.
    column : str
        Name of the time column.
    """
    group = np.zeros(len(time), dtype=np.int64) if which is None else which
    by_group = np.argsort(group, kind="stable")
    same = np.diff(group[by_group]) == 0
    back = by_group[1:][same & (np.diff(time[by_group]) < 0)]
    by_time = np.lexsort((np.arange(len(time)), time, group))
    again = by_time[1:][(np.diff(group[by_time]) == 0) & (np.diff(time[by_time]) == 0)]
    findings = []
    for code, records in (("Q01", np.sort(back)), ("Q02", np.sort(again))):
        for member in np.unique(group[records]):
            found = records[group[records] == member]
            name = "" if which is None else names[member]
            when = iso_date(int(time[found[0]]))
            findings.append(finding(code, origin.rows[found], column=column, instrument=name, example=when))
    return findings


def naive(is_naive: bool, origin: Origin, column: str) -> list[Finding]:
    """Q08 for the whole column, at its first record."""
    return [finding("Q08", origin.rows[:1], column=column)] if is_naive else []
