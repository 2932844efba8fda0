"""One run of the small book in a process of its own: ``python -m live.gates.replays FOLDER WORKERS SPEED``."""

from __future__ import annotations

import sys
from pathlib import Path

from live.gates.book import config, panel, play, small
from quantrl.live.engine import Daemon

SECOND = 1_000_000_000


def replayed(folder: Path, workers: int, speed: str) -> str:
    """Content digest of a book whose bars are a second apart, after its last bar."""
    data = panel(step=SECOND)
    chosen = config(hosts={"workers": workers, "timeout_s": 600.0})
    with small(), Daemon.create(folder, chosen, panel=data) as daemon:
        play(daemon, data, speed=speed)
        return daemon.content_digest().hex()


if __name__ == "__main__":
    print(replayed(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
