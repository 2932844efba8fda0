"""Hours of event time in one book on a simulated feed, and what they cost: memory, descriptors, bytes of journal.

Run as ``python -m live.gates.soak OPTIONS-AS-JSON``, a process of its own; prints one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from quantrl.live import events as ev
from quantrl.live import heap
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.journal_size import journal_bytes
from quantrl.live.timings import EDGES_S

_TESTS = Path(__file__).parents[2]
HOUR = 3_600 * 10**9
SETTLED = 6 * HOUR


@dataclass
class Options:
    """How long.

    Parameters
    ----------
    hours : float
        Of event time.
    instruments : int
        Each with about 20 events a second.
    seed : int
    decide_every : str
    batch_ms : int
    speed : float or "max"
        Event time over wall time.
    """

    hours: float = 72.0
    instruments: int = 10
    seed: int = 5
    decide_every: str = "60s"
    batch_ms: int = 1_000
    speed: float | str = "max"


@dataclass
class Soaked:
    """What it cost; the slope is from six hours of event time on, or of the last half where that is shorter.

    Parameters
    ----------
    hours, events_per_s : float
        Of event time.
    events, inputs, decisions, fills : int
    wall_s, cpu_s : float
        Of the run, making its events included.
    rss_mib, rss_slope_mib_per_day : float
        Memory of the process alone, and what it grows by in a day of event time.
    fds_first, fds_last : int
    journal_mib, journal_off : float
        Size, and how far it is from `journal_bytes` of its events, as a share.
    lag_p999_s : float
        How late clients are heard at most, but for one time in a thousand: the upper end of a bucket.
    """

    hours: float
    events: int
    events_per_s: float
    inputs: int
    decisions: int
    fills: int
    wall_s: float
    cpu_s: float
    rss_mib: float
    rss_slope_mib_per_day: float
    fds_first: int
    fds_last: int
    journal_mib: float
    journal_off: float
    lag_p999_s: float


def config(options: Options) -> PaperConfig:
    """Three agents, limits as specified but for turnover."""
    return PaperConfig.of(
        {
            "name": "soak",
            "seed": options.seed,
            "initial_cash": 1_000_000.0,
            "data": {"sample": "synthetic", "periods_per_year": 525_600.0},
            "feed": {
                "kind": "synthetic",
                "decide_every": options.decide_every,
                "batch_ms": options.batch_ms,
                "synthetic": {
                    "symbols": [f"S{number}" for number in range(options.instruments)],
                    "horizon": f"{options.hours}h",
                    "limit": 0.085,
                    "market": 1.2,
                    "cancel": 0.06,
                    "levels": 60,
                },
            },
            "backtest": {"fill": "next_close", "costs": {"bps": 0.0}},
            "selection": {
                "half_life": 60.0,
                "psr_enter": 0.0,
                "psr_stay": 0.0,
                "cusum_cut": 1e9,
                "target_vol": 5.0,
                "copy_correlation": 1.0,
            },
            "risk": {"turnover_bp": 1_000_000, "drawdown_reduce_bp": 9_000, "drawdown_halt_bp": 9_500}
            | {"daily_loss_bp": 9_000, "cancel_ppm": 1_000_000},
            "venue": {
                "execution": "touch",
                "timeout": "9s",
                "latency": {"entry": "20ms", "response": "20ms"},
                "feed_latency": "20ms",
                "fees": {"maker": "-0.2bp", "taker": "2bp"},
            },
            "agents": [
                {"id": "rules/mean_reversion", "params": {"lookback": 5, "k": 3, "every": 5}},
                {"id": "rules/momentum", "params": {"lookback": 30, "skip": 0, "k": 3, "every": 10}},
                {"id": "rules/equal_weight", "params": {"every": 30}},
            ],
        }
    )


def soak(options: Options) -> Soaked:
    """Run it here, as an engine's process does."""
    heap.settle()
    with tempfile.TemporaryDirectory() as folder:
        seen: list[tuple[int, float, int]] = []

        def note(daemon: Daemon) -> None:
            if daemon.book.is_row and daemon.bar % 5 == 0:
                seen.append((daemon.book.ts, _own_mib(), len(os.listdir("/proc/self/fd"))))

        with Daemon.create(Path(folder) / "book", config(options)) as daemon:
            daemon.on_cycle = note
            wall, cpu = time.perf_counter(), time.process_time()
            daemon.run(speed=options.speed)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            daemon.book.check()
            return _told(daemon, np.array(seen), wall, cpu)


def _own_mib() -> float:
    """Memory of this process alone."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) / 1_024


def _told(daemon: Daemon, seen: np.ndarray, wall: float, cpu: float) -> Soaked:
    query = "SELECT kind, count(*), sum(length(payload)) FROM event GROUP BY kind"
    kinds = {kind: (count, size) for kind, count, size in daemon.journal.rows(query)}
    ((pages,),) = daemon.journal.rows("PRAGMA page_count")
    ((page,),) = daemon.journal.rows("PRAGMA page_size")
    assert daemon.book.desk is not None
    made = daemon.book.desk.received
    hours = (daemon.book.ts - seen[0, 0]) / HOUR
    at = seen[:, 0] - seen[0, 0]
    late = seen[at >= min(SETTLED, int(at[-1]) // 2)]
    slope = np.polyfit(late[:, 0] / HOUR, late[:, 1], 1)[0]

    def count(*of: type) -> int:
        return sum(kinds.get(ev.KIND_OF[one], (0, 0))[0] for one in of)

    return Soaked(
        hours=round(hours, 2),
        events=made,
        events_per_s=round(made / hours / 3_600, 1),
        inputs=count(ev.Market, ev.Timer),
        decisions=count(ev.Decision),
        fills=count(ev.Fill),
        wall_s=round(wall, 1),
        cpu_s=round(cpu, 1),
        rss_mib=round(float(seen[-1, 1]), 1),
        rss_slope_mib_per_day=round(float(slope) * 24, 2),
        fds_first=int(seen[0, 2]),
        fds_last=int(seen[-1, 2]),
        journal_mib=round(pages * page / 2**20, 1),
        journal_off=round(pages * page / journal_bytes(kinds) - 1, 4),
        lag_p999_s=_quantile(daemon.observed.timings.lag.counts, 0.999),
    )


def _quantile(counts: list[int], q: float) -> float:
    """Upper end of the bucket that holds a part `q` of all; infinite for the open one."""
    total = np.cumsum(counts)
    at = int(np.searchsorted(total, q * total[-1]))
    return (*EDGES_S, float("inf"))[at]


def soaked(options: Options, timeout_s: float = 7_200.0) -> Soaked:
    """Run it in a process of its own, whose memory is its own."""
    path = os.pathsep.join([str(_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-m", "live.gates.soak", json.dumps(asdict(options))],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Soaked(**json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(asdict(soak(Options(**json.loads(sys.argv[1]))))))
