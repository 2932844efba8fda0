"""An hour at the market's own pace: the loop hears its clients in time. ``make gates ONLY=nightly``."""

from __future__ import annotations

import os

from counts import FULL
from live.gates.kept import keep
from live.gates.soak import Options, soaked

LAG_S = 0.05


def test_an_hour_at_the_markets_own_pace() -> None:
    small = Options(hours=0.012, instruments=2, decide_every="10s", speed=5.0)
    options = Options(hours=1.0, speed=1.0) if FULL else small
    found = soaked(options)
    counts = {
        "hours": found.hours,
        "wall s": found.wall_s,
        "cpu s": found.cpu_s,
        "events": found.events,
        "decisions": found.decisions,
        "lag, p99.9 at most s": found.lag_p999_s,
        "fds first": found.fds_first,
        "fds last": found.fds_last,
        "load": ", ".join(f"{part:.1f}" for part in os.getloadavg()),
    }
    keep("hour", "An hour at the market's own pace", counts, seeds=str(options.seed))
    # It keeps to the clock: not faster, and behind by no more than its last steps.
    assert found.wall_s >= 0.9 * found.hours * 3_600 / float(options.speed)
    assert found.fds_last == found.fds_first
    assert found.decisions > 0
    if FULL:
        assert found.lag_p999_s <= LAG_S
