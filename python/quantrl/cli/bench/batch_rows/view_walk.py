"""P6: what an agent that looks at everything costs: a window of every column at every step."""

from __future__ import annotations

import numpy as np

from quantrl.cli.bench import rebalance
from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.data import Panel
from quantrl.typing import FloatArray

COLUMNS = ("open", "high", "low", "close", "volume", "factor")
BARS = 60
LIMIT_S = 0.1
DAY_NS = 86_400 * 10**9
OURS = "walk"


def case(size: str) -> RateCase:
    """Steps a second; 0.1 s for the full size is the goal."""
    data = rebalance.inputs(size)
    bars, names = data.close.shape
    columns = {name: data.close * (1.0 + k / 8.0) for k, name in enumerate(COLUMNS)}
    time = DAY_NS * np.arange(1, bars + 1, dtype=np.int64)
    times = time[BARS - 1 :].tolist()
    panel = Panel.from_arrays(columns, time, [str(i) for i in range(names)], periods_per_year=252.0)

    def walk() -> None:
        revealed = panel.reveal()
        for now in times:
            view = revealed.at(now)
            for name in COLUMNS:
                view.window(name, BARS)

    def corners() -> FloatArray:
        seen = np.empty((bars, len(COLUMNS), 2))
        revealed = panel.reveal()
        for t, now in enumerate(times, BARS - 1):
            view = revealed.at(now)
            for k, name in enumerate(COLUMNS):
                window = view.window(name, BARS)
                seen[t, k] = window[0, 0], window[-1, -1]
        return seen[BARS - 1 :]

    def expected() -> FloatArray:
        ends = [
            np.stack([columns[n][: bars - BARS + 1, 0], columns[n][BARS - 1 :, -1]], axis=1) for n in COLUMNS
        ]
        return np.stack(ends, axis=1)

    return RateCase(
        "P6a",
        f"a View at {bars:,} steps, window({BARS}) of {len(COLUMNS)} columns x {names} names at each",
        "steps",
        (Contender(OURS, walk, bars),),
        (Goal(OURS, rebalance.SIZES["full"][0] / LIMIT_S),),
        (Check("corners of the windows", corners, expected, 0.0),),
        sha256=data.sha256,
    )
