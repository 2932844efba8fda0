"""P3 and P6: full investment, many schedules in one call, a walk of Views, a sweep of a long series."""

from __future__ import annotations

from quantrl.cli.bench.batch_rows import invested, long_sweep, schedules, view_walk

ROUNDS = 7
ROWS = (invested, schedules, view_walk, long_sweep)
