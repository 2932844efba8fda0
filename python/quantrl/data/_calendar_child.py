"""Prints an exchange's sessions as JSON; run as a process of its own, because exchange_calendars brings pandas."""

from __future__ import annotations

import json
import sys
import warnings
from typing import Any


def main(name: str, start: str, end: str) -> int:
    """Write ``{"version": ..., "sessions": [[label, open, close, break_start, break_end], ...]}`` to standard output."""
    warnings.simplefilter("ignore")
    try:
        import exchange_calendars
    except ImportError:
        sys.stderr.write("exchange_calendars is missing: pip install 'quantrl[data]'\n")
        return 2
    try:
        calendar = exchange_calendars.get_calendar(name, start=start, end=end)
    except Exception as error:
        # The library raises many kinds for a name or date it does not know; the last line is the answer.
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        return 2
    rows = [_row(label, times) for label, times in calendar.schedule.iterrows()]
    sys.stdout.write(json.dumps({"version": exchange_calendars.__version__, "sessions": rows}))
    return 0


def _row(label: Any, times: Any) -> list[Any]:
    pause = [_ns(times["break_start"]), _ns(times["break_end"])]
    return [label.strftime("%Y-%m-%d"), _ns(times["open"]), _ns(times["close"]), *pause]


def _ns(moment: Any) -> int:
    """ns UTC; 0 for a break that is none."""
    return 0 if moment != moment else int(moment.as_unit("ns").value)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
