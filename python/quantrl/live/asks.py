"""What a client may ask of a running book besides orders: what it is, its events, rows of its feed, and its pulse.

Answers fit one frame, are made between two cycles, and change nothing but which messages are delivered.
"""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

from quantrl.errors import LiveError, RetryableError
from quantrl.live import outbox
from quantrl.live.feeds.recorded import Recorded
from quantrl.live.gauges import gauges
from quantrl.live.journal import NAME
from quantrl.live.record import Event
from quantrl.live.vocabulary import owner_of
from quantrl.selection._book import EQUITY

if TYPE_CHECKING:
    from quantrl.live.engine import Daemon

SLICE = 500
"""Rows of one answer at most."""
LEVELS = 20
TRADES = 30
"""Price levels of one side of a book."""
_BYTES = 600_000
_CELLS = 60_000
_PULSE_S = 0.1
Body = Mapping[str, Any]


def about(daemon: Daemon, body: Body) -> dict[str, Any]:
    """What never changes while the book lives: names, sizes, capital."""
    setup, feed = daemon.setup, daemon.setup.feed
    return {
        "book_id": setup.book_id.hex(),
        "name": setup.config.name,
        "currency": setup.config.currency,
        "capital": setup.capital,
        "feed": setup.config.feed.kind,
        "grid": None if isinstance(feed, Recorded) else asdict(feed.grid),
        "bars": feed.n_rows,
        "fill": setup.config.backtest.fill,
        "agents": [{"label": one.label, "kind": one.kind} for one in setup.entrants],
        "instruments": [
            {"symbol": one.symbol, "tv": one.tv, "lot": f"{one.lot:f}", **_step(one.tick)}
            for one in setup.instruments.table
        ],
    }


def events(daemon: Daemon, body: Body) -> dict[str, Any]:
    """Committed events from seq ``from`` on, at most ``limit``; the hash chains them to the one before."""
    first, limit = _whole(body, "from", 1, 2**63 - 1), _whole(body, "limit", 1, SLICE, SLICE)
    rows: list[list[Any]] = []
    size = 0
    for event in daemon.journal.events(first, first + limit - 1):
        size += len(event.payload) * 4 // 3 + 200
        if rows and size > _BYTES:
            break
        rows.append(packed(event))
    return {"events": rows, "committed": daemon.journal.committed.seq}


def rows(daemon: Daemon, body: Body) -> dict[str, Any]:
    """Rows ``first`` to ``last`` of the feed that were taken already, fewer where they would not fit a frame."""
    first, last = _whole(body, "first", 0, 2**62), _whole(body, "last", 0, 2**62)
    room = max(min(SLICE, _CELLS // (2 * len(daemon.setup.instruments))), 1)
    feed = daemon.setup.feed
    taken = range(first, min(last, daemon.bar, first + room - 1) + 1)
    return {"rows": [tuple(feed.row(t)) for t in taken]}


def depth(daemon: Daemon, body: Body) -> dict[str, Any]:
    """The best ``levels`` of instrument ``inst`` as received, and own orders there; no levels on a feed of bars.

    A level is its ticks and lots, the best first. An order is its id, side, ticks, lots that are left, and lots ahead of it.
    The newest trades of the market come with them: time, who took (1 a buyer, -1 a seller, 0 unknown), ticks, lots.
    """
    state = daemon.book
    inst = _whole(body, "inst", 0, len(daemon.setup.instruments) - 1)
    levels = _whole(body, "levels", 1, LEVELS, LEVELS)
    bids, asks = ((), ()) if state.desk is None else state.desk.depth(inst, levels)
    own = [
        (
            one.client_id,
            one.side,
            one.px,
            one.qty - one.cum,
            None if state.desk is None else state.desk.ahead(one.client_id, inst, one.side),
        )
        for one in islice(state.orders.open_orders(inst), SLICE)
    ]
    trades = [] if state.desk is None else state.desk.trades(inst, TRADES)
    return {"ts": state.ts, "bids": bids, "asks": asks, "orders": own, "trades": trades}


def pulse(daemon: Daemon, body: Body) -> dict[str, Any]:
    """Everything that is only known of a running book; made at most ten times a second.

    Raises
    ------
    RetryableError
        The system does not say how the process is: no descriptor is left, or the disk does not answer.
    """
    now = time.monotonic()
    made, kept = daemon.observed.pulse
    if kept is None or now - made > _PULSE_S:
        kept = _pulse(daemon)
        daemon.observed.pulse = (now, kept)
    return kept


ASKS: dict[str, Callable[[Daemon, Body], dict[str, Any]]] = {
    **{made.__name__: made for made in (about, events, rows, depth, pulse)},
    "outbox": outbox.waiting,
    "delivered": outbox.delivered,
}


def packed(event: Event) -> list[Any]:
    """An event for a frame."""
    e = event
    payload = base64.b64encode(e.payload).decode()
    return [e.seq, e.ord, e.boot, e.ts, e.kind, e.agent, e.cause, payload, e.hash.hex()]


def unpacked(row: list[Any]) -> Event:
    """The event that `packed` made this of.

    Raises
    ------
    ValueError, TypeError
        It made no such thing.
    """
    seq, ord, boot, ts, kind, agent, cause, payload, hash = row
    return Event(
        kind, ts, agent, cause, base64.b64decode(payload, validate=True), seq, ord, boot, bytes.fromhex(hash)
    )


def _pulse(daemon: Daemon) -> dict[str, Any]:
    state, setup = daemon.book, daemon.setup
    row = state.row
    shadows = [] if row is None else [round(float(x) * 1e8) for x in _shadows(daemon)]
    return {
        "summary": asdict(daemon.state()),
        "feed": {
            "row": daemon.bar,
            "time": 0 if row is None else row.time,
            "available": 0 if row is None else row.available,
            "speed": "max" if daemon.observed.pace == float("inf") else f"{daemon.observed.pace:.12g}",
            "running": daemon.observed.running,
            "received": 0 if state.desk is None else state.desk.received,
            "age_ms": (state.ts - state.fresh_ts) // 1_000_000 if state.fresh_ts else 0,
            "taken_ms": round((time.monotonic() - daemon.observed.taken) * 1_000),
            "missing": 0 if row is None else sum(close == 0 for close in row.close),
            "off_grid_ticks": f"{float(setup.feed.off_grid):g}",
        },
        "gauges": gauges(state),
        "locks": [tuple(lock) for lock in state.locks.in_force(state.ts)],
        "quarantined": {str(inst): why for inst, why in state.quarantined.items()},
        "peak": state.peak,
        "day_start": state.day_start,
        "off": [agent for agent in range(setup.n_agents) if state.is_off(agent)],
        "native": sorted(state.natives),
        "cash": [state.books.cash(owner_of(agent)) for agent in range(setup.n_agents)],
        "shadows": shadows,
        "timings": daemon.observed.timings.plain(),
        "vitals": _vitals(daemon),
    }


def _shadows(daemon: Daemon) -> Any:
    """(A,) equity of every shadow account at the newest bar, currency."""
    return daemon.book.field.shadows.history[daemon.bar, :, EQUITY]


def _vitals(daemon: Daemon) -> dict[str, Any]:
    journal = daemon.folder / NAME
    wal = journal.with_name(f"{NAME}-wal")
    ((outbox,),) = daemon.journal.rows("SELECT count(*) FROM outbox WHERE done = 0")
    try:
        measured = {
            "journal_bytes": journal.stat().st_size + (wal.stat().st_size if wal.exists() else 0),
            "disk_free_bytes": shutil.disk_usage(daemon.folder).free,
            "rss_bytes": _rss(),
            "fds": len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else -1,
        }
    except OSError as error:
        raise RetryableError(f"pulse: {error}") from None
    return {
        **measured,
        "outbox": outbox,
        "boot": daemon.journal.boot,
        "pid": os.getpid(),
    }


def _rss() -> int:
    """Bytes of memory in use; -1 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return -1


def _step(tick: Decimal) -> dict[str, Any]:
    """A price of t ticks is t * step at 10^-scale."""
    exponent = tick.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    scale = max(-exponent, 0)
    return {"step": int(tick.scaleb(scale)), "scale": scale}


def _whole(body: Body, name: str, least: int, most: int, default: int | None = None) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise LiveError(f"{name}: expected a whole number from {least} to {most}, got {value!r:.80}")
    return value
