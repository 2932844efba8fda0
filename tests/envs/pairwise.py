"""Few settings in which every two values of two different fields meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

Pair = tuple[tuple[str, int], tuple[str, int]]


def covering(
    fields: dict[str, tuple[Any, ...]], valid: Callable[[dict[str, Any]], bool]
) -> list[dict[str, Any]]:
    """Rows of settings that together hold each pair of values that `valid` allows; greedy, without chance."""
    open_pairs = {pair for pair in _pairs(fields) if _completed(dict(pair), fields, valid, set())}
    rows = []
    while open_pairs:
        row = _completed(dict(min(open_pairs)), fields, valid, open_pairs)
        assert row is not None
        open_pairs -= set(combinations(sorted(row.items()), 2))
        rows.append({name: fields[name][k] for name, k in row.items()})
    return rows


def _pairs(fields: dict[str, tuple[Any, ...]]) -> Iterator[Pair]:
    for one, two in combinations(sorted(fields), 2):
        for i in range(len(fields[one])):
            for j in range(len(fields[two])):
                yield (one, i), (two, j)


def _completed(
    row: dict[str, int],
    fields: dict[str, tuple[Any, ...]],
    valid: Callable[[dict[str, Any]], bool],
    wanted: set[Pair],
) -> dict[str, int] | None:
    """Fill the other fields one by one, each with the valid value that meets most wanted pairs."""
    if not valid({name: fields[name][k] for name, k in row.items()}):
        return None
    for name in sorted(fields.keys() - row.keys()):
        options = [row | {name: k} for k in range(len(fields[name]))]
        options = [each for each in options if valid({n: fields[n][k] for n, k in each.items()})]
        if not options:
            return None
        row = max(options, key=lambda each: len(set(combinations(sorted(each.items()), 2)) & wanted))
    return row
