"""The parent's side of tasks done by processes of their own."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any

from quantrl.backtest._child import DONE, EVENT, FAILED, work
from quantrl.backtest._task import revive
from quantrl.errors import TaskError

_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "RAYON_NUM_THREADS",
)
_STARTING = threading.Lock()

Task = tuple[int, Any]
Done = Callable[[int, Any], None]
Event = Callable[[int, dict[str, Any]], None]


class Child:
    """One process with a pipe of its own, so that the death of one leaves the others whole."""

    def __init__(self, target: str, shared: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=work, args=(theirs, target, shared), daemon=True)
        self.index: int | None = None
        with theirs, _one_thread_and_no_ctrl_c():
            try:
                self.process.start()
            except BrokenPipeError:
                raise self.death() from None

    def give(self, task: Task | None) -> None:
        """Hand over the next task, or None to let the process end."""
        self.index = None if task is None else task[0]
        try:
            self.pipe.send(task)
        except (BrokenPipeError, ConnectionResetError):
            if task is not None:
                raise self.death() from None

    def death(self) -> TaskError:
        """What to say of a process that ended without an answer."""
        self.process.join(5.0)
        name = "a process" if self.index is None else f"task {self.index}: its process"
        return TaskError(
            f"{name} ended with exit code {self.process.exitcode} and no answer (killed, out of memory, or "
            "started by a script without `if __name__ == '__main__':`)"
        )


def map_in_processes(
    target: str, shared: Any, tasks: list[Task], *, jobs: int, grace_s: float, done: Done, event: Event
) -> None:
    """Do all tasks, at most `jobs` at a time, and call `done` as each finishes."""
    queue = iter(tasks)
    children: list[Child] = []
    try:
        for task in islice(queue, jobs):
            children.append(Child(target, shared))
            children[-1].give(task)
        while any(child.index is not None for child in children):
            for child in _ready(children):
                if _handle(child, done, event):
                    child.give(next(queue, None))
    finally:
        _stop(children, grace_s, done)


def _ready(children: list[Child]) -> list[Child]:
    pipes = {child.pipe: child for child in children if child.index is not None}
    return [pipes[pipe] for pipe in wait(list(pipes)) if isinstance(pipe, Connection)]


def _handle(child: Child, done: Done, event: Event) -> bool:
    """Take one message; true where the child is free again."""
    try:
        kind, index, value = child.pipe.recv()
    except (EOFError, ConnectionResetError):
        raise child.death() from None
    if kind == EVENT:
        event(index, value)
        return False
    if kind == FAILED:
        raise revive(value, index)
    if kind == DONE:
        done(index, value)
        return True
    raise TaskError(f"task {index}: its process was told to stop by someone else")


def _stop(children: list[Child], grace_s: float, done: Done) -> None:
    """Ask who is still at work to stop, keep what finishes meanwhile, and end by force what does not stop in time."""
    busy = [child for child in children if child.index is not None]
    for child in busy:
        child.process.terminate()
        child.give(None)  # for a task that saves, returns and so never ends its process itself
    deadline = time.monotonic() + grace_s
    try:
        for child in busy:
            _drain(child, deadline, done)
        for child in children:
            child.process.join(max(0.0, deadline - time.monotonic()))
    finally:
        for child in children:
            if child.process.is_alive():
                child.process.kill()
            child.process.join()
            child.pipe.close()


def _drain(child: Child, deadline: float, done: Done) -> None:
    try:
        while child.pipe.poll(max(0.0, deadline - time.monotonic())):
            kind, index, value = child.pipe.recv()
            if kind == DONE:
                done(index, value)
    except (EOFError, ConnectionResetError):
        return


@contextmanager
def _one_thread_and_no_ctrl_c() -> Iterator[None]:
    """A process started inside counts one thread for every library, and Ctrl-C reaches the parent only.

    Both are inherited at the start, before the child imports anything. A Ctrl-C meanwhile waits for the end.
    """
    resource_tracker.ensure_running()  # its own start would unblock the signal
    with _STARTING:
        before = {name: os.environ.get(name) for name in _ONE_THREAD}
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
