"""``quantrl`` that is killed, or interrupted as by Ctrl-C, after N shards: ``python killed_sweep.py N SIGNAL WORDS``."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from quantrl.backtest._shards import Shards
from quantrl.cli.main import run

_left = int(sys.argv[1])
_write = Shards.write


def _written(self: Shards, key: str, task: Any, result: Any) -> None:
    global _left
    _write(self, key, task, result)
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.Signals[sys.argv[2]])


if __name__ == "__main__":
    Shards.write = _written  # type: ignore[method-assign]
    sys.exit(run(sys.argv[3:]))
