"""D7: decisions after their event at the market's own pace: beside agents that decide nothing, and with 64 clients."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantrl.cli.bench.harness import Contender, Timing
from quantrl.cli.bench.live_rows.market import new_book, settings, write_flow
from quantrl.cli.bench.rate import Goal, RateCase, RateResult

if TYPE_CHECKING:
    from quantrl.live.engine import Daemon

SECONDS = {"full": 10.0, "small": 0.6}
CLIENTS = 64
RULES, NOTHING, WATCHED = "3 rules", "3 that hold", "3 rules, 64 clients"
_IDLE: list[dict[str, Any]] = [
    {"id": "rules/buy_and_hold"},
    *(
        {"id": "rules/equal_weight", "params": {"every": rest}, "name": f"rest{rest}"}
        for rest in (99_999, 100_000)
    ),
]
_QUANTILES = ((0.5, "p50"), (0.99, "p99"), (0.999, "p99.9"))


@dataclass
class _Noted:
    """Seconds of each decision in one run: of wall time, and of processor time of the engine's own thread."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    streams: int = 0


class _Watch:
    """Stands in for the histogram of decisions: keeps each value of a row, of inputs between two rows none."""

    def __init__(self, daemon: Daemon, noted: _Noted, control: Any) -> None:
        self._daemon, self._noted, self._control = daemon, noted, control
        self._served = time.thread_time()

    def serve(self, daemon: Daemon) -> None:
        """Between two inputs."""
        self._control.serve(daemon)
        self._served = time.thread_time()

    def add(self, seconds: float) -> None:
        if self._daemon.book.is_row:
            self._noted.wall.append(seconds)
            self._noted.cpu.append(time.thread_time() - self._served)

    def plain(self) -> dict[str, Any]:
        return {"counts": [], "total_s": sum(self._noted.wall)}


def results(size: str, rounds: int) -> Iterator[RateResult]:
    """D7; see `run_rows` for the parameters.

    The peer of each is its median round's p99, told as a rate: the daemon's time from an event's arrival to the last
    decision that follows from it.
    """
    with tempfile.TemporaryDirectory() as keep:
        flow = write_flow(Path(keep) / "flow.qev", SECONDS[size])
        names = (RULES, NOTHING, WATCHED)
        found: dict[str, list[_Noted]] = {name: [] for name in names}
        for number in range(1 + rounds):
            for name in names:
                noted = _run(flow, name)
                if number:
                    found[name].append(noted)
    goals = (Goal(RULES, 200.0), Goal(RULES, 1 / 3, NOTHING), Goal(WATCHED, 1 / 1.1, RULES))
    case = RateCase(
        "D7",
        f"p99 of three decisions, asked in the engine, after their event; 2,000 events/s, 50 rows/s, {CLIENTS} clients",
        "decisions",
        tuple(Contender(name, lambda: None) for name in names),
        goals,
        notes=tuple(_notes(found)),
    )
    timings = {
        name: Timing(
            tuple(_part(run.wall, 0.99) for run in runs), tuple(_part(run.cpu, 0.99) for run in runs)
        )
        for name, runs in found.items()
    }
    yield RateResult(case, (), {}, timings)


def _notes(found: dict[str, list[_Noted]]) -> Iterator[str]:
    for name, runs in found.items():
        parts = (
            f"{label} {statistics.median(_part(run.wall, q) for run in runs) * 1e3:.2f} ms"
            for q, label in _QUANTILES
        )
        spent = ", ".join(
            f"{label} {statistics.median(_part(run.cpu, q) for run in runs) * 1e3:.2f} ms"
            for q, label in _QUANTILES
        )
        made = sum(len(run.wall) for run in runs)
        yield f"{name}: {', '.join(parts)}; of processor time {spent} ({made:,} decisions)"
    served = {run.streams for run in found[WATCHED]}
    yield f"of {CLIENTS} clients {', '.join(map(str, sorted(served)))} are let in, the rest refused (429)"
    yield "processor time is that of the engine's thread, from the last moment at which it served clients"


def _part(values: list[float], q: float) -> float:
    return sorted(values)[min(int(q * len(values)), len(values) - 1)]


def _run(flow: Path, name: str) -> _Noted:
    """One run at the feed's own pace, served as an engine is."""
    from quantrl.live.control import Control

    agents = _IDLE if name == NOTHING else None
    noted = _Noted()
    with (
        new_book(settings(flow, decide_every="20ms", batch_ms=5, agents=agents)) as daemon,
        ExitStack() as stack,
    ):
        control = Control(daemon.folder, lambda line: None)
        stack.callback(control.close)
        watch = _Watch(daemon, noted, control)
        daemon.observed.timings.decision = watch  # type: ignore[assignment]
        daemon.on_cycle = watch.serve
        if name == WATCHED:
            noted.streams = stack.enter_context(_watching(daemon, control))
        daemon.run(speed=1.0)
    return noted


@contextmanager
def _watching(daemon: Daemon, control: Any) -> Iterator[int]:
    """A dashboard's server and its clients, each in a process of its own; how many were let in."""
    from quantrl.live.api.settings import Settings
    from quantrl.live.api.tokens import Scope, Tokens
    from quantrl.live.api_process import ApiProcess, listening
    from quantrl.live.storage import Storage

    token = Tokens(Storage(daemon.folder)).rotate(Scope.READ).reveal()
    settings, listener = listening(Settings(port=0, per_s=10_000.0))
    server = ApiProcess(daemon.folder, settings, listener)
    server.start()
    words = [sys.executable, "-m", "quantrl.cli.bench.live_rows.clients", settings.host, str(settings.port)]
    clients = subprocess.Popen(
        [*words, str(CLIENTS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert clients.stdin is not None
        assert clients.stdout is not None
        clients.stdin.write(f"{token}\n")
        clients.stdin.flush()
        yield int(_served(daemon, control, clients))
    finally:
        with clients:
            clients.communicate("\n", timeout=30)
        server.close()


def _served(daemon: Daemon, control: Any, clients: subprocess.Popen[str]) -> str:
    """Serve the socket until the clients have said how many were let in: the server begins by asking the engine."""
    import select

    assert clients.stdout is not None
    end = time.monotonic() + 60
    while time.monotonic() < end:
        control.serve(daemon)
        ready, _, _ = select.select([clients.stdout], [], [], 0.01)
        if ready:
            return clients.stdout.readline()
    raise TimeoutError("the clients did not come")
