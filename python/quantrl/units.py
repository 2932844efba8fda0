"""Units that cross the API as plain numbers: nanoseconds, basis points, periods per year."""

from __future__ import annotations

import datetime as dt

from quantrl.errors import ConfigError

NS_PER_SECOND = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_SECOND
BP = 1e-4
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def ns_from_iso(text: str, *, end_of_day: bool = False) -> int:
    """Nanoseconds UTC of an ISO date or time; a time without a zone is taken as UTC.

    Parameters
    ----------
    text : str
        ``2020-03-02`` or ``2020-03-02T14:30:00+00:00``.
    end_of_day : bool
        For a bare date: its last nanosecond instead of its first.

    Raises
    ------
    ConfigError
        `text` is not an ISO date or time.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
    except (ValueError, TypeError):
        raise ConfigError(f"expected an ISO date such as 2020-03-02, got {text!r}") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    delta = moment - _EPOCH
    ns = (delta.days * 86_400 + delta.seconds) * NS_PER_SECOND + delta.microseconds * 1_000
    return ns + NS_PER_DAY - 1 if end_of_day and len(text) <= 10 else ns


def iso_time(ns: int) -> str:
    """UTC time in nanoseconds, as ``YYYY-MM-DDTHH:MM:SSZ``, with nine decimals where it is no whole second."""
    ns = int(ns)  # a NumPy integer is one too
    whole = (_EPOCH + dt.timedelta(seconds=ns // 1_000_000_000)).strftime("%Y-%m-%dT%H:%M:%S")
    rest = ns % 1_000_000_000
    return f"{whole}.{rest:09d}Z" if rest else f"{whole}Z"


def iso_date(ns: int) -> str:
    """UTC date of a time in nanoseconds, as ``YYYY-MM-DD``."""
    return (_EPOCH + dt.timedelta(microseconds=int(ns) // 1_000)).date().isoformat()
