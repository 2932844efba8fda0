"""A daemon in a process of its own, as a user starts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quantrl.errors import LiveError
from quantrl.live.client import Client

PATIENCE_S = 120.0


@contextmanager
def started(folder: Path, *words: str | os.PathLike[str]) -> Iterator[subprocess.Popen[str]]:
    """``quantrl paper start`` on a folder; killed at the end, should it still run."""
    command = [sys.executable, "-m", "quantrl", "paper", "start", str(folder), *map(os.fspath, words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def reached(folder: Path, process: subprocess.Popen[str], bar: int) -> dict[str, Any]:
    """The summary once so many bars are taken."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        try:
            with Client(folder, timeout_s=20) as client:
                summary: dict[str, Any] = client.status()["summary"]
        except LiveError:
            time.sleep(0.05)
            continue
        if summary["bar"] >= bar:
            return summary
        time.sleep(0.02)
    raise AssertionError(f"bar {bar} was not reached within {PATIENCE_S:g} s")


def left(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and what was printed, once it has ended."""
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def one_object(text: str) -> Any:
    """The one JSON object a command printed."""
    (line,) = text.splitlines()
    return json.loads(line)
