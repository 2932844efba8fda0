"""What this machine and installation really are: versions, and cores measured instead of believed."""

from __future__ import annotations

import hashlib
import os
import platform
import threading
import time
from importlib import metadata

_BLOCK = bytes(1 << 20)
EXTRAS: dict[str, tuple[str, ...]] = {
    "baselines": ("arch", "skfolio", "lightgbm", "statsmodels"),
    "data": ("exchange_calendars",),
    "live": ("apsw", "exchange_calendars", "fastapi", "prometheus-client", "uvicorn"),
    "llm": ("pydantic-ai-slim",),
    "ray": ("ray",),
    "report": ("plotly",),
    "rl": ("torch", "stable-baselines3", "sb3-contrib", "gymnasium", "safetensors", "tensorboard"),
    "vectorbt": ("vectorbt",),
}
"""What each extra installs, by distribution name."""


def versions(*packages: str) -> dict[str, str]:
    """Installed versions by distribution name, Python and quantrl first; absent packages are left out."""
    from quantrl import __version__

    found = {"python": platform.python_version(), "quantrl": __version__}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def summary() -> str:
    """Cores, kind of processor, system and Python, without a name of the machine."""
    return (
        f"{usable_cores()} cores of {platform.machine()}, {platform.system()}, "
        f"Python {platform.python_version()}"
    )


def extras() -> dict[str, bool]:
    """Each extra of the package, with whether all it needs is installed."""
    return {name: len(versions(*needs)) == len(needs) + 2 for name, needs in EXTRAS.items()}


def usable_cores() -> int:
    """Cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def effective_cores(seconds: float = 0.06, rounds: int = 3) -> float:
    """Work done by one busy thread per usable core, as a multiple of what one thread does alone.

    Parameters
    ----------
    seconds : float
        How long one measurement runs.
    rounds : int
        Measurements of each kind, interleaved; the best of each counts, as other processes only slow them.

    Notes
    -----
    Hashing releases the interpreter lock, so threads are as good as processes here. On shared or capped cores
    the result is below `usable_cores`: a speed-up beyond it cannot be had.
    """
    cores = usable_cores()
    alone = together = 0.0
    for _ in range(rounds):
        alone = max(alone, _hashed(1, seconds))
        together = max(together, _hashed(cores, seconds))
    return min(together / alone, float(cores))


def _hashed(threads: int, seconds: float) -> float:
    """Blocks hashed a second by this many threads together."""
    rates = [0.0] * threads
    barrier = threading.Barrier(threads)

    def work(index: int) -> None:
        barrier.wait()
        start, blocks = time.perf_counter(), 0
        while (elapsed := time.perf_counter() - start) < seconds:
            hashlib.sha256(_BLOCK).digest()
            blocks += 1
        rates[index] = blocks / elapsed

    workers = [threading.Thread(target=work, args=(index,)) for index in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(rates)
