"""A process that does tasks: one message in, events and one answer out, until it is told to stop."""

from __future__ import annotations

import signal
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any

from quantrl.backtest._task import Target, as_plain, checked_event, describe, load_target

EVENT, DONE, FAILED, STOPPED = "event", "done", "failed", "stopped"


def work(pipe: Connection, target: str, shared: Any) -> None:
    """Answer every (index, task) that comes, until None does or the parent is gone."""
    signal.signal(signal.SIGTERM, _interrupt_once)
    try:
        try:
            _answer_all(pipe, target, shared)
        except KeyboardInterrupt:
            _send(pipe, (STOPPED, -1, None))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _answer_all(pipe: Connection, target: str, shared: Any) -> None:
    function: Target | None = None
    while (message := pipe.recv()) is not None:
        index, task = message
        try:
            function = function or load_target(target)
            answer = (DONE, index, _one(pipe, function, shared, task, index))
        except Exception as error:
            answer = (FAILED, index, describe(error))
        _send(pipe, answer)


def _one(pipe: Connection, function: Target, shared: Any, task: Any, index: int) -> Any:
    def report(event: dict[str, Any]) -> None:
        _send(pipe, (EVENT, index, checked_event(event, index)))

    return as_plain(function(shared, task, report), f"task {index}: result")


def _send(pipe: Connection, message: tuple[str, int, Any]) -> None:
    """Send all of a message: half of one, cut by the signal to stop, would spoil whatever follows."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        pipe.send(message)
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _interrupt_once(number: int, frame: FrameType | None) -> None:
    """The parent asks to stop: the task sees Ctrl-C once, so that it can save, and nothing disturbs it while it does."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt
