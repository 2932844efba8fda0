"""Dates in a text moved by whole weeks, so that weekdays stay what they were."""

from __future__ import annotations

import datetime as dt
import re

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_NAME = "|".join(f"{month}|{month[:3]}\\.?" for month in _MONTHS) + "|Sept\\.?"
_YEAR = r"(?P<{0}>(?:19|20)\d\d)"
_PATTERN = re.compile(
    rf"(?<![\w-]){_YEAR.format('iso')}-(?P<month>\d\d)-(?P<day>\d\d)(?![\w-])"
    rf"|\b(?P<m1>{_NAME}) (?P<d1>\d{{1,2}})(?:st|nd|rd|th)?, {_YEAR.format('y1')}\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?P<m2>{_NAME}),? {_YEAR.format('y2')}\b"
    rf"|\b(?P<m3>{_NAME}) {_YEAR.format('y3')}\b"
    rf"|\b(?P<before>(?i:in|of|since|by|from|until|through|during|for|to|fiscal|early|late|mid|year|quarter|FY)[ -])"
    rf"{_YEAR.format('year')}(?![\w%-]|[.,]\d)"
)


def move_dates(text: str, weeks: int) -> str:
    """The text with ISO dates, dates in words, months with a year, and years 1900 to 2099 after a word such as "in" moved.

    A month with a year moves as its fifteenth does, a year as its middle does. What is no date of the calendar stays.
    """
    step = dt.timedelta(weeks=weeks)
    return _PATTERN.sub(lambda match: _moved(match, step), text) if weeks else text


def move_years(text: str, weeks: int) -> str:
    """A label such as ``2029Q4`` with every year 1900 to 2099 in it moved as its middle moves."""
    step = dt.timedelta(weeks=weeks)
    return re.sub(
        r"(?<!\d)(?:19|20)\d\d(?!\d)", lambda match: str((dt.date(int(match[0]), 7, 1) + step).year), text
    )


def _moved(match: re.Match[str], step: dt.timedelta) -> str:
    found = match.groupdict()
    try:
        if found["iso"]:
            return (dt.date(int(found["iso"]), int(found["month"]), int(found["day"])) + step).isoformat()
        if found["y1"]:
            day = dt.date(int(found["y1"]), _number(found["m1"]), int(found["d1"])) + step
            return f"{_like(found['m1'], day)} {day.day}, {day.year}"
        if found["y2"]:
            day = dt.date(int(found["y2"]), _number(found["m2"]), int(found["d2"])) + step
            return f"{day.day} {_like(found['m2'], day)} {day.year}"
        if found["y3"]:
            day = dt.date(int(found["y3"]), _number(found["m3"]), 15) + step
            return f"{_like(found['m3'], day)} {day.year}"
        return f"{found['before']}{(dt.date(int(found['year']), 7, 1) + step).year}"
    except (ValueError, OverflowError):
        return match.group()


def _number(name: str) -> int:
    return next(i for i, month in enumerate(_MONTHS, 1) if month.startswith(name[:3]))


def _like(name: str, day: dt.date) -> str:
    """The month of `day`, short where the one it replaces was."""
    month = _MONTHS[day.month - 1]
    return month if name in _MONTHS else month[:3]
