"""Locks that a book's own trading brings about: put in force by events, heeded, and the same after any restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from live import paper_books, tick_books
from quantrl.errors import ConfigError
from quantrl.live import events, verify
from quantrl.live.engine import Daemon
from quantrl.live.events import decode
from quantrl.live.vocabulary import Scope

DAY, SECOND = paper_books.DAY, 10**9
COOL = {"cool_down_ns": 3 * DAY}
LOSSES = {"losing_closes": 1, "losing_window_ns": 30 * DAY, "losing_lock_ns": 20 * DAY}
DRAWDOWN = {"drawdown_bp": 300, "drawdown_lock_ns": 4 * DAY}


def said(daemon: Daemon, *kinds: type[Any]) -> list[tuple[int, Any]]:
    """Times and values of all events of some kinds."""
    numbers = {events.KIND_OF[kind] for kind in kinds}
    return [(e.ts, decode(e.kind, e.payload)) for e in daemon.journal.events(1) if e.kind in numbers]


def locks(daemon: Daemon, reason: str) -> list[tuple[int, Any]]:
    return [(ts, lock) for ts, lock in said(daemon, events.Lock) if lock.reason == reason]


def test_nobody_trades_what_cools_down(tmp_path: Path) -> None:
    data = paper_books.panel(bars=120)
    with paper_books.make(tmp_path / "b", paper_books.config(protections=COOL), data) as daemon:
        daemon.run()
        found = locks(daemon, "cool_down")
        assert len(found) > 10
        orders = said(daemon, events.Intent, events.Cross)
        for ts, lock in found:
            assert (lock.scope, lock.until) == (Scope.AGENT_INSTRUMENT, ts + 3 * DAY)
            agent, inst = map(int, lock.key.split(":"))
            for at, order in orders:
                # A cross with a price settles what was decided a bar before.
                decided = not isinstance(order, events.Cross) or order.px == 0
                if decided and ts <= at < lock.until and order.inst == inst:
                    assert agent not in {share[0] for share in order.shares}
        refused = {(verdict.code, verdict.inst) for _, verdict in said(daemon, events.Verdict)}
        assert {inst for code, inst in refused if code == 3}


@pytest.mark.parametrize(
    ("rules", "reason", "scope"),
    [
        (COOL, "cool_down", Scope.AGENT_INSTRUMENT),
        (LOSSES, "losing_closes", Scope.AGENT_INSTRUMENT),
        (DRAWDOWN, "drawdown", Scope.AGENT),
    ],
)
def test_restarts_change_nothing(tmp_path: Path, rules: dict[str, int], reason: str, scope: Scope) -> None:
    data, settings = paper_books.panel(bars=90), paper_books.config(protections=rules)
    with paper_books.make(tmp_path / "whole", settings, data) as daemon:
        daemon.run()
        digest = daemon.content_digest()
        found = locks(daemon, reason)
        assert {lock.scope for _, lock in found} == {scope}
        assert len(found) > 2
    paper_books.make(tmp_path / "parts", settings, data).close()
    for bar in (11, 37, 38, 61, 89):
        daemon = paper_books.reopen(tmp_path / "parts", data)
        daemon.run(until=int(data.time[bar]))
        # By turns a clean stop, which keeps a snapshot, and none.
        (daemon.close if bar % 2 else daemon.abandon)()
    with paper_books.reopen(tmp_path / "parts", data) as daemon:
        daemon.run()
        assert daemon.content_digest() == digest
    checked = verify(tmp_path / "parts", rederive=True, panel=data)
    assert checked.ok, checked.reason
    assert checked.rederived_fraction == 1.0


def test_a_lock_given_by_hand_is_not_shortened(tmp_path: Path) -> None:
    data = paper_books.panel(bars=60)
    with paper_books.make(tmp_path / "b", paper_books.config(protections=COOL), data) as daemon:
        daemon.run(until=int(data.time[30]))
        agents = daemon.setup.labels
        for agent in agents:
            daemon.command("lock", agent=agent, instrument="N0", reason="by hand")
        daemon.run()
        for index in range(len(agents)):
            held = daemon.book.locks.held(Scope.AGENT_INSTRUMENT, f"{index}:0", 0)
            assert held is not None
            assert held.reason == "by hand"
        assert daemon.book.due_locks == ()


def test_order_books_cool_down_too(tmp_path: Path) -> None:
    settings = tick_books.config(tick_books.shared(), protections={"cool_down_ns": 2 * SECOND})
    with tick_books.make(tmp_path / "b", settings) as daemon:
        daemon.run()
        assert len(locks(daemon, "cool_down")) > 2
    assert verify(tmp_path / "b", rederive=True).ok


def test_without_rules_a_book_is_what_it_was() -> None:
    plain = paper_books.config()
    assert '"protections"' not in plain.cold()
    assert paper_books.config(protections=COOL).cold() != plain.cold()
    for wrong in ({"cool_off": 1}, {"cool_down_ns": -1}, {"drawdown_bp": 5}):
        with pytest.raises(ConfigError, match="protections"):
            paper_books.config(protections=wrong)
