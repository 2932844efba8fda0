"""A program that maps with a Ray of its own and prints what that left behind."""

from __future__ import annotations

import json
import os
import signal

import numpy as np

from quantrl.backtest import Executor

TASKS = "backtest.executor_tasks"


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: None)
    handlers, environment = [signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)], dict(os.environ)
    executor = Executor(backend="ray", jobs=1, store_bytes=128 << 20)
    (found,) = executor.map(f"{TASKS}:in_ray", np.arange(12.0).reshape(4, 3), [2])
    import ray

    same = [signal.getsignal(s) for s in (signal.SIGTERM, signal.SIGINT)] == handlers
    left = {"up": ray.is_initialized(), "handlers": same, "environment": dict(os.environ) == environment}
    print(json.dumps({"found": found, "left": left}))


if __name__ == "__main__":
    main()
