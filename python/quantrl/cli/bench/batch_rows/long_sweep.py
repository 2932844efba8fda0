"""P6: the sweep of averages on a long series, in a process of its own so that its peak memory is its own."""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys

import numpy as np

from quantrl.cli.bench import sweep
from quantrl.cli.bench.harness import Contender, timed
from quantrl.cli.bench.rate import Goal, RateCase
from quantrl.rng import generator
from quantrl.typing import FloatArray

BARS = {"small": 5_000, "full": 200_000}
LIMIT_S, LIMIT_GIB = 10.0, 1.5
OURS = "sweep"
_STREAM = 9006


def closes(size: str) -> FloatArray:
    """(T,) an unrounded random walk."""
    steps = generator(0, _STREAM, "synthetic").normal(1e-5, 2e-3, BARS[size])
    return np.asarray(100.0 * np.exp(np.cumsum(steps)))


def case(size: str) -> RateCase:
    """Pairs a second; 10 s for the full size is the goal on one thread."""
    bars, close = BARS[size], closes(size)
    windows = sweep.inputs(size).windows
    pairs = len(windows) * (len(windows) - 1) // 2
    program = f"from {__name__} import child; child({size!r})"
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    wall, cpu, gib = json.loads(shown.stdout)
    return RateCase(
        "P6b",
        f"{pairs:,} pairs of moving averages x {bars:,} bars, one thread",
        "pairs",
        (Contender(OURS, lambda: None, pairs, measured=lambda: (wall, cpu)),),
        (Goal(OURS, pairs / LIMIT_S),),
        sha256=hashlib.sha256(close.astype("<f8").tobytes()).hexdigest(),
        notes=(f"peak memory of the process {gib:.2f} GiB, limit {LIMIT_GIB:g}",),
        once=True,
    )


def child(size: str) -> None:
    """Print wall and CPU seconds of one sweep and the peak memory of this process in GiB."""
    call = sweep.ours(sweep.Inputs(closes(size), sweep.inputs(size).windows, "")).call
    wall, cpu = timed(call)
    print(json.dumps([wall, cpu, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20]))
