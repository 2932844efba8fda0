"""P5: what ``import quantrl`` costs a fresh process, beside a process that does nothing."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from quantrl.cli.bench.harness import Timing

PROCESSES = 9
LIMIT_MS = 200.0
PROGRAMS = {"import quantrl": "import quantrl", "pass": "pass"}


def measure(processes: int = PROCESSES) -> dict[str, Timing]:
    """Wall and CPU seconds of interleaved fresh processes, by what they run; one of each warms the disk."""
    for program in PROGRAMS.values():
        fresh(program)
    samples: dict[str, list[tuple[float, float]]] = {name: [] for name in PROGRAMS}
    for _ in range(processes):
        for name, program in PROGRAMS.items():
            samples[name].append(fresh(program))
    return {name: Timing(*map(tuple, zip(*pairs, strict=True))) for name, pairs in samples.items()}


def fresh(program: str) -> tuple[float, float]:
    """Wall and CPU seconds of one new interpreter that runs `program`."""
    cpu, wall = _children_cpu(), time.perf_counter()
    subprocess.run([sys.executable, "-c", program], check=True)
    return time.perf_counter() - wall, _children_cpu() - cpu


def _children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime
