"""Planted values are searched from a view through bases, attributes, closures and all the collector can follow.

Prints two counts: what is found of values planted before the view's time, and of those planted after it.
"""

from __future__ import annotations

import gc
import mmap
import types
from typing import Any

import numpy as np

from quantrl.data.panel import Panel
from quantrl.data.view import View
from quantrl.units import NS_PER_DAY

TIME = 10**18 + NS_PER_DAY * np.arange(20)


def future_panel(sentinel: float, moment: int, *, early: bool) -> View:
    """A view of bar 9 of a panel with a value, a late cell and a time planted after it (or before, as a control)."""
    columns = {name: np.ones((20, 4)) for name in ("open", "close", "volume")}
    time = TIME.copy()
    row = 5 if early else 10
    columns["close"][row, 1] = sentinel
    columns["volume"][row - 3, 2] = sentinel
    arrival = TIME.copy()
    arrival[row - 3] = moment - (5 * NS_PER_DAY if early else 0)
    time[10] = moment
    panel = Panel(columns, time, list("ABCD"), available_at={"volume": np.maximum(arrival, time)})
    reveal = panel.reveal()
    for t in time[:10]:
        view = reveal.at(int(t))
    return view.with_held(np.full(4, 0.25))


def count_reachable(view: View, sentinel: float, moment: int) -> int:
    pattern = np.float64(sentinel).tobytes()
    stack: list[Any] = [view, view["close"], view["volume"], view.time, view.held]
    stack += [getattr(view, name) for name in dir(view)]
    seen = {id(stack)}
    keep: list[Any] = []
    hits = 0
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        keep.append(item)
        # The type itself: `isinstance` asks objects for their class, and deprecated stand-ins warn when asked.
        kind = type(item)
        if kind is np.ndarray:
            if item.dtype in (np.float64, np.int64):
                hits += bool(((item == sentinel) | (item == moment)).any())
            stack.append(item.base)
        elif issubclass(kind, memoryview):
            stack.append(item.obj)
        elif issubclass(kind, (bytes, bytearray)):
            hits += pattern in item
        elif issubclass(kind, mmap.mmap):
            hits += pattern in item[:]
        elif issubclass(kind, (float, int)) and kind is not bool:
            hits += item in (sentinel, moment)
        if issubclass(kind, types.FunctionType):
            stack += item.__closure__ or ()
        stack += gc.get_referents(item)
    return hits


def main() -> None:
    """Of locals only: a search that reaches this module must not find what it looks for."""
    sentinel = sum(range(100_000)) / 7.0  # not a constant, which the collector would find in this function
    moment = int(TIME[10]) + 12_345
    for early in (True, False):
        print(count_reachable(future_panel(sentinel, moment, early=early), sentinel, moment))


if __name__ == "__main__":
    main()
