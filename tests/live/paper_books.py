"""Small books to run in tests: panels on a grid of ticks, configs of few agents, and what their journals say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw
import numpy as np

import quantrl.agents
from quantrl.data import Panel
from quantrl.live import events, hosts
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.events import Event, decode
from quantrl.live.storage import Disk
from quantrl.live.vocabulary import CASH, owner_of
from quantrl.typing import FloatArray

AGENTS = Path(__file__).parent / "agents"
DAY = 86_400 * 10**9
START = 1_577_836_800 * 10**9
TV = 10**6
UNITS = 10**8
WIDE = {
    "position_bp": 10_000,
    "order_bp": 10_000,
    "drawdown_reduce_bp": 8_000,
    "drawdown_halt_bp": 9_000,
    "daily_loss_bp": 8_000,
    "turnover_bp": 100_000,
}
EASY = {
    "half_life": 10.0,
    "psr_enter": 0.0,
    "psr_stay": 0.0,
    "cusum_cut": 1e9,
    "target_vol": 5.0,
    "top_k": 3,
    "copy_correlation": 1.0,
    "hysteresis": 0.0,
}


def enter_scripted() -> None:
    """Make the agents of the folder `agents` known to the registry of this process."""
    if str(AGENTS) not in quantrl.agents.__path__:
        quantrl.agents.__path__.append(str(AGENTS))


enter_scripted()
_serve = hosts._serve


def serve(*args: Any) -> None:
    """A worker that knows the scripted agents too."""
    _serve(*args)


def panel(
    seed: int = 0,
    bars: int = 80,
    n: int = 4,
    *,
    gaps: float = 0.0,
    drift: float = 0.001,
    vol: float = 0.02,
    opens: bool = True,
) -> Panel:
    """Random walks in ticks of 0.01 with bars that are missing here and there, the first one whole."""
    rng = np.random.default_rng([seed, 17])
    walk = rng.uniform(5.0, 200.0, n) * np.exp(np.cumsum(rng.normal(drift, vol, (bars, n)), axis=0))
    close = np.maximum(np.round(walk, 2), 0.01)
    open_ = np.maximum(np.round(walk * np.exp(rng.normal(0.0, vol / 4, (bars, n))), 2), 0.01)
    gone = rng.random((bars, n)) < gaps
    gone[0] = False
    return of_prices(np.where(gone, np.nan, close), np.where(gone, np.nan, open_) if opens else None)


def of_prices(close: FloatArray, open_: FloatArray | None = None) -> Panel:
    """A panel of daily bars, opens equal to the closes unless given."""
    bars, n = close.shape
    return Panel(
        {"close": close, "open": close if open_ is None else open_},
        START + DAY * np.arange(1, bars + 1),
        [f"N{i}" for i in range(n)],
        periods_per_year=252.0,
    )


def scripted(name: str, **params: Any) -> dict[str, Any]:
    """An entry of `agents` in a config."""
    return {"id": "scripted", "name": name, "params": params}


def config(*agents: dict[str, Any], **changes: Any) -> PaperConfig:
    """A book of these agents (three that decide at random without any), easy to be funded in, with wide limits."""
    raw: dict[str, Any] = {
        "name": "small",
        "seed": 3,
        "data": {"sample": "us20"},
        "backtest": {"fill": "next_open", "costs": {"bps": 10.0}},
        "selection": EASY,
        "risk": WIDE,
        "agents": list(agents) or [scripted(f"random_{salt}", salt=salt) for salt in range(3)],
    }
    return PaperConfig.of({**raw, **changes})


@dataclass
class BarLog:
    """What happened from one bar to the next: fills at it, and what was decided after it."""

    row: int
    fills: list[events.Fill] = field(default_factory=list)
    expired: list[str] = field(default_factory=list)
    intents: list[events.Intent] = field(default_factory=list)
    crosses: list[events.Cross] = field(default_factory=list)
    verdicts: list[tuple[int, events.Verdict]] = field(default_factory=list)
    decisions: dict[int, events.Decision] = field(default_factory=dict)
    allocated: dict[int, int] = field(default_factory=dict)
    states: list[events.State] = field(default_factory=list)
    made: list[Event] = field(default_factory=list)


def logs(daemon: Daemon) -> list[BarLog]:
    """The journal bar by bar; commands belong to the bar before them."""
    found: list[BarLog] = []
    for event in daemon.journal.events(1):
        values = decode(event.kind, event.payload)
        if isinstance(values, events.Market):
            found.append(BarLog(values.last))
        if found:
            _note(found[-1], event, values)
    return found


def _note(log: BarLog, event: Event, values: Any) -> None:
    log.made.append(event)
    if isinstance(values, events.Fill):
        log.fills.append(values)
    elif isinstance(values, events.OrderState) and values.reason == "CASH_BOUND":
        log.expired.append(values.client_id)
    elif isinstance(values, events.Intent):
        log.intents.append(values)
    elif isinstance(values, events.Cross):
        log.crosses.append(values)
    elif isinstance(values, events.Verdict):
        log.verdicts.append((event.agent, values))
    elif isinstance(values, events.Decision):
        log.decisions[event.agent] = values
    elif isinstance(values, events.State):
        log.states.append(values)
    elif isinstance(values, events.Round) and values.state == 3:
        log.allocated = {agent: ppm for agent, ppm, _, _ in values.rows}


class QuickDisk(Disk):
    """A disk that is trusted: nothing is waited for, and no space is set aside."""

    def write(self, descriptor: int, data: bytes) -> int:
        """As a disk does, but for what is empty and large."""
        return len(data) if len(data) == data.count(0) >= 1 << 16 else super().write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Nothing."""

    def sync_folder(self, path: Path) -> None:
        """Nothing."""


class QuickVFS(apsw.VFS):
    """The file system of SQLite without its syncs: for tests that ask about content, not about durability."""

    def __init__(self) -> None:
        super().__init__("quick", "")

    def xOpen(self, name: Any, flags: Any) -> apsw.VFSFile:  # noqa: N802
        return QuickFile("", name, flags)


class QuickFile(apsw.VFSFile):
    """One file of it."""

    def xSync(self, flags: int) -> None:  # noqa: N802
        """Nothing."""


_QUICK = QuickVFS()


def make(folder: Path, settings: PaperConfig, feed: Panel) -> Daemon:
    """A new book that waits for no disk."""
    return Daemon.create(folder, settings, panel=feed, disk=QuickDisk(), vfs="quick")


def reopen(folder: Path, feed: Panel) -> Daemon:
    """An existing one."""
    return Daemon.open(folder, panel=feed, disk=QuickDisk(), vfs="quick")


def lots(daemon: Daemon) -> list[int]:
    """(N,) signed lots of the account."""
    books = daemon.book.books
    return [books.account_position(i) for i in range(len(daemon.setup.instruments))]


def posted_cash(daemon: Daemon) -> Iterator[tuple[str, dict[int, int]]]:
    """Cash of every posting by owner, with its reason."""
    for event in daemon.journal.events(1):
        values = decode(event.kind, event.payload)
        if isinstance(values, events.Posting):
            moved: dict[int, int] = {}
            for owner, asset, amount in values.lines:
                if asset == CASH:
                    moved[owner] = moved.get(owner, 0) + amount
            yield values.reason, moved


def capital(daemon: Daemon, agent: int) -> int:
    """Cash units an agent's share is worth."""
    return daemon.book.books.equity(owner_of(agent))
