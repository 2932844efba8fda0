"""Where the daemon's gates keep what they counted."""

from __future__ import annotations

import apsw

from counts import Kept

keep = Kept(
    "reliability", "Reliability of the paper-trading daemon", "live", f"SQLite {apsw.sqlite_lib_version()}"
).keep
