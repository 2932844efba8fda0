"""A program that maps until Ctrl-C: ``python interrupted.py FOLDER BACKEND``. Prints what happens, line by line."""

from __future__ import annotations

import sys

from quantrl.backtest import Executor


def main(folder: str, backend: str) -> None:
    executor = Executor(backend=backend, jobs=3, shards=f"{folder}/shards", code="1")

    def progress(done: int, total: int) -> None:
        print("done", done, flush=True)

    def on_event(index: int, event: dict[str, int]) -> None:
        print("pid", event["pid"], flush=True)
        print("running", event["running"], flush=True)

    try:
        executor.map(
            "backtest.executor_tasks:steps", folder, [0, 1, 2, 3], progress=progress, on_event=on_event
        )
    except KeyboardInterrupt:
        print("interrupted", flush=True)
        sys.exit(130)


if __name__ == "__main__":
    main(*sys.argv[1:])
