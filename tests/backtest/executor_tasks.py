"""Tasks for the executor's tests, by name so that other processes find them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from quantrl.errors import AuditError


class PrivateError(Exception):
    """A class that no other module knows."""


def square(shared: Any, task: Any, report: Any) -> Any:
    report({"task": task, "half": 0.5})
    return {"square": task * task, "plus": task + (shared or 0), "pair": (task, 1)}


def logged(shared: str, task: int, report: Any) -> int:
    """Leave a mark of having run in the folder `shared`; fail at 3 while a file `broken` is there."""
    folder = Path(shared)
    if task == 3 and (folder / "broken").exists():
        raise AuditError("bar 7: expected 0, got 1e-3")
    (folder / f"ran{task}.{time.monotonic_ns()}").touch()
    return task * 10


def fail(shared: Any, task: str, report: Any) -> None:
    if task == "audit":
        raise AuditError("bar 7: expected 0, got 1e-3")
    if task == "file":
        raise FileNotFoundError(2, "No such file", "missing.csv")
    if task == "key":
        raise KeyError("close")
    if task == "private":
        raise PrivateError("only here")
    if task == "unicode":
        b"\xff".decode()
    if task == "kill":
        os.kill(os.getpid(), signal.SIGKILL)


def dies(shared: str, times: int, report: Any) -> int:
    """End the process without a word the first `times` times; then say how often it was tried."""
    folder = Path(shared)
    tried = len(list(folder.glob(f"tried{times}.*")))
    (folder / f"tried{times}.{time.monotonic_ns()}").touch()
    if tried < times:
        os.kill(os.getpid(), signal.SIGKILL)
    return times + 1


def in_ray(shared: Any, task: int, report: Any) -> dict[str, Any]:
    return {
        "sum": float(shared[:, task].sum()),
        "writeable": shared.flags.writeable,
        "usage": os.environ.get("RAY_USAGE_STATS_ENABLED"),
        "threads": os.environ.get("OMP_NUM_THREADS"),
    }


def bad_result(shared: Any, task: str, report: Any) -> Any:
    return {"nan": float("nan"), "object": object()}[task]


def bad_event(shared: Any, task: Any, report: Any) -> None:
    report(task)


def surroundings(shared: Any, task: Any, report: Any) -> dict[str, Any]:
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, set())
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS")
    return {
        "pid": os.getpid(),
        "threads": [os.environ.get(n) for n in names],
        "deaf": signal.SIGINT in blocked,
    }


def shape(shared: Any, task: int, report: Any) -> float:
    return float(shared[:, task].sum())


def steps(shared: str, task: int, report: Any) -> int:
    """Task 0 ends at once; the others say they run, and on Ctrl-C leave a saved file."""
    if task == 0:
        return 100
    try:
        report({"running": task, "pid": os.getpid()})
        (Path(shared) / f"started{task}").touch()
        for _ in range(12_000):  # Ray's Ctrl-C comes between two instructions and ends no long sleep
            time.sleep(0.05)
    except KeyboardInterrupt:
        (Path(shared) / f"saved{task}").touch()
        if task == 1:
            return 101  # a task that saves and returns
        raise
    return 0


def stubborn(shared: Any, task: Any, report: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    report({"running": os.getpid()})
    time.sleep(600)
