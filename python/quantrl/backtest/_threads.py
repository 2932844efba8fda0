"""Tasks done by threads of this process: worth it where they spend their time in Rust, NumPy or waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any

from quantrl.backtest._child import DONE, EVENT, FAILED
from quantrl.backtest._task import Target, as_plain, checked_event, load_target

Task = tuple[int, Any]
_POLL_S = 0.2


def map_in_threads(
    target: str,
    shared: Any,
    tasks: list[Task],
    *,
    jobs: int,
    grace_s: float,
    done: Callable[[int, Any], None],
    event: Callable[[int, dict[str, Any]], None],
) -> None:
    """Do all tasks, at most `jobs` at a time; `done` and `event` are called in this thread.

    Nothing can interrupt a thread: on an error or Ctrl-C no other task starts, those that run have `grace_s` to finish
    and are kept if they do, and threads that are still at work end with the program.
    """
    function = load_target(target)
    queue = iter(tasks)
    said: SimpleQueue[tuple[str, int, Any]] = SimpleQueue()
    busy: set[int] = set()

    def start(task: Task) -> None:
        busy.add(task[0])
        threading.Thread(target=_work, args=(said, function, shared, *task), daemon=True).start()

    try:
        for task in islice(queue, jobs):
            start(task)
        while busy:
            kind, index, value = _next(said)
            if kind == EVENT:
                event(index, value)
                continue
            busy.discard(index)
            if kind == FAILED:
                raise value
            done(index, value)
            for task in islice(queue, 1):
                start(task)
    finally:
        _drain(said, busy, time.monotonic() + grace_s, done)


def _work(
    said: SimpleQueue[tuple[str, int, Any]], function: Target, shared: Any, index: int, task: Any
) -> None:
    def report(told: dict[str, Any]) -> None:
        said.put((EVENT, index, checked_event(told, index)))

    try:
        made = as_plain(function(shared, task, report), f"task {index}: result")
    except BaseException as error:
        error.add_note(f"task {index}")
        said.put((FAILED, index, error))
    else:
        said.put((DONE, index, made))


def _next(said: SimpleQueue[tuple[str, int, Any]]) -> tuple[str, int, Any]:
    """The next message; the wait is cut in pieces so that Ctrl-C is heard on every system."""
    while True:
        try:
            return said.get(timeout=_POLL_S)
        except Empty:
            continue


def _drain(
    said: SimpleQueue[tuple[str, int, Any]],
    busy: set[int],
    deadline: float,
    done: Callable[[int, Any], None],
) -> None:
    while busy and (left := deadline - time.monotonic()) > 0.0:
        try:
            kind, index, value = said.get(timeout=left)
        except Empty:
            return
        if kind == DONE:
            done(index, value)
        if kind != EVENT:
            busy.discard(index)
