"""Tasks done by Ray workers on this host."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from quantrl.backtest._child import DONE, FAILED
from quantrl.backtest._task import as_plain, checked_event, describe, load_target, revive
from quantrl.errors import ConfigError, TaskError

Task = tuple[int, Any]
Done = Callable[[int, Any], None]
Event = Callable[[int, dict[str, Any]], None]

RETRIES = 2
_OURS = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


def check_ray() -> Any:
    """The ``ray`` module.

    Raises
    ------
    ConfigError
        It is not installed.
    """
    try:
        import ray
    except ImportError:
        raise ConfigError("backend: ray needs the extra: pip install 'quantrl[ray]'") from None
    return ray


def map_in_ray(
    target: str,
    shared: Any,
    tasks: list[Task],
    *,
    jobs: int,
    store_bytes: int | None,
    grace_s: float,
    done: Done,
    event: Event,
) -> None:
    """Do all tasks, at most `jobs` at a time, and call `done` as each finishes.

    `shared` is put into the object store once; arrays in it are read there without a copy. A worker that dies has its task
    done again, twice; an error of the task itself is not tried again. What a task reports arrives when it has finished.
    """
    ray = check_ray()
    with _up(ray, jobs, store_bytes):
        remote = ray.remote(num_cpus=1, max_retries=RETRIES, retry_exceptions=False)(_answer)
        held, queue = ray.put(shared), iter(tasks)
        running: dict[Any, int] = {}

        def give(count: int) -> None:
            for index, task in islice(queue, count):
                running[remote.remote(target, held, task, index)] = index

        try:
            give(jobs)
            while running:
                (ready,), _ = ray.wait(list(running), num_returns=1)
                _take(ray, ready, running.pop(ready), done, event)
                give(1)
        finally:
            _stop(ray, running, grace_s, done)


def _answer(target: str, shared: Any, task: Any, index: int) -> tuple[str, Any, list[dict[str, Any]]]:
    """One task in a worker: how it ended, its result or error as plain values, and what it reported."""
    events: list[dict[str, Any]] = []
    try:
        made = load_target(target)(shared, task, lambda told: events.append(checked_event(told, index)))
        return DONE, as_plain(made, f"task {index}: result"), events
    except Exception as error:
        return FAILED, describe(error), events


def _take(ray: Any, ready: Any, index: int, done: Done, event: Event) -> None:
    try:
        kind, value, events = ray.get(ready)
    except ray.exceptions.RayError as error:
        raise TaskError(
            f"task {index}: its worker ended {RETRIES + 1} times without an answer (killed, or out of memory): "
            f"{type(error).__name__}"
        ) from None
    for told in events:
        event(index, told)
    if kind == FAILED:
        raise revive(value, index)
    done(index, value)


def _stop(ray: Any, running: dict[Any, int], grace_s: float, done: Done) -> None:
    """Ask what runs to stop, and keep what finishes meanwhile."""
    for reference in running:
        ray.cancel(reference)
    deadline = time.monotonic() + grace_s
    while running and (left := deadline - time.monotonic()) > 0.0:
        ready, _ = ray.wait(list(running), num_returns=1, timeout=left)
        for reference in ready:
            index = running.pop(reference)
            try:
                kind, value, _ = ray.get(reference)
            except (ray.exceptions.RayError, KeyboardInterrupt):
                continue
            if kind == DONE:
                done(index, value)


@contextmanager
def _up(ray: Any, jobs: int, store_bytes: int | None) -> Iterator[None]:
    """Ray as it runs already, or one of our own that ends with the block.

    ``ray.init`` replaces the handler of SIGTERM and asks for usage statistics; both are as before afterwards.
    """
    if ray.is_initialized():
        yield
        return
    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)} if main else {}
    kept = {name: os.environ.get(name) for name in _OURS}
    os.environ.update(_OURS)
    try:
        ray.init(
            address="local",
            num_cpus=jobs,
            include_dashboard=False,
            object_store_memory=store_bytes,
            log_to_driver=False,
            logging_level="ERROR",
        )
        _restore(before)
        yield
    finally:
        ray.shutdown()
        _restore(before)
        for name, value in kept.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _restore(handlers: dict[signal.Signals, Any]) -> None:
    for number, handler in handlers.items():
        signal.signal(number, handler)
