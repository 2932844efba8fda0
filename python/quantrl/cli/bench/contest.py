"""C1 to C8: calls, arithmetic, word list, waves and whole contests, beside a peer where there is one."""

from __future__ import annotations

from quantrl.cli.bench.contest_rows import (
    importing,
    knapsack,
    rating,
    reallocated,
    replayed,
    waiting,
    walk,
    whole,
)

ROUNDS = 5
ROWS = (replayed, knapsack, walk, rating, waiting, reallocated, whole, importing)
