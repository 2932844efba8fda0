"""One agent that asks for an order every 10 microseconds: caps hold, and the book halts itself."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from counts import FULL
from live.gates.kept import keep
from live.tick_books import START, config, flow, make
from quantrl.live import events, verify
from quantrl.live.engine import Daemon
from quantrl.live.events import Event, decode
from quantrl.live.limits import RiskLimits
from quantrl.live.states import Cause
from quantrl.live.vocabulary import SECOND, TradingState

HALT_NS = 100 * 10**6
PER_S = 100_000


def _found(daemon: Daemon, *kinds: type[Any]) -> list[tuple[Event, Any]]:
    made = ((event, decode(event.kind, event.payload)) for event in daemon.journal.events(1))
    return [(event, one) for event, one in made if isinstance(one, kinds)]


def test_an_agent_that_floods_is_turned_off_and_the_book_halts(tmp_path: Path) -> None:
    path = flow(tmp_path / "fast.qev", messages=40_000 if FULL else 8_000, speed=float(PER_S))
    settings = config(
        path,
        feed={"decide_every": f"{SECOND // PER_S}ns", "batch_ms": 1},
        venue={"latency": {"entry": 0, "response": 0}, "feed_latency": "0ns"},
        agents=[
            {"id": "rules/random_weights", "params": {"every": 1}},
            {"id": "rules/buy_and_hold"},
            {"id": "rules/equal_weight", "params": {"every": 50}},
        ],
    )
    limits = RiskLimits()
    halting = begun = 0.0

    def note(daemon: Daemon) -> None:
        """Processor time of the cycle that halts: the refused decision 50 is in it."""
        nonlocal halting, begun
        now = time.process_time()
        if daemon.book.trading.state == TradingState.HALTED and not halting:
            halting = now - begun
        begun = now

    with make(tmp_path / "b", settings) as daemon:
        daemon.on_cycle = note
        daemon.run()
        orders = [event.ts for event, _ in _found(daemon, events.Intent)]
        refused = [event.ts for event, _ in _found(daemon, events.Verdict) if event.agent == 0]
        decisions = list(dict.fromkeys(refused))
        halted = [
            event.ts for event, one in _found(daemon, events.State) if one.reason == Cause.REFUSALS.value
        ]
        locked = [one.key for _, one in _found(daemon, events.Lock)]
        # The loop is alive: it has taken every row, and takes commands.
        assert daemon.bar == daemon.setup.feed.n_rows - 1
        assert daemon.command("resume", confirm="ticks") == "NO_ENTRY"
        daemon.book.check()
    keep(
        "overload",
        "Overload: 100,000 decisions a second from one agent",
        {
            "decisions": daemon.bar + 1,
            "orders let out": len(orders),
            "refused decisions before the halt": len(decisions),
            "halt after the refused decision 50, ns of event time": halted[0]
            - decisions[limits.refusals - 1],
            "the cycle that halts, ms of processor time": round(halting * 1e3, 1),
        },
        seeds="11",
    )
    assert len(halted) == 1
    assert locked == ["0"]
    assert 0 <= halted[0] - decisions[limits.refusals - 1] <= HALT_NS
    assert max(orders) <= halted[0]
    assert max(orders) - START < SECOND
    assert len(orders) <= limits.burst + limits.orders_per_s
    assert 0 < halting * 1e9 <= HALT_NS
    assert verify(tmp_path / "b").ok
