"""What an operator or a gate stopped stays stopped, however often the daemon is started again."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from counts import full_or_tenth
from live.gates.book import BOOK, config, content, panel, play, small
from live.gates.kept import keep
from live.gates.replays import SECOND
from quantrl.errors import LiveError
from quantrl.live import events as ev
from quantrl.live import opened
from quantrl.live.engine import Daemon
from quantrl.live.journal import Journal
from quantrl.live.kept_state import plain_of
from quantrl.live.killfile import NAME as KILL
from quantrl.live.states import Cause

HALT_AT = 78
INTENT = ev.KIND_OF[ev.Intent]


def stopped(daemon: Daemon) -> Any:
    """What must be the same after a restart."""
    book = daemon.book
    return book.trading.to_plain(), book.locks.to_plain(), book.peak, book.day_start, book.nonces


def test_halts_locks_and_peaks_survive_restarts(quick: Path) -> None:
    restarts = full_or_tenth(100)
    folder, time_of = quick / "book", BOOK.panel.time
    with small():
        daemon = Daemon.create(folder, BOOK.config, panel=BOOK.panel)
        daemon.run(until=int(time_of[HALT_AT]))
        daemon.command("lock", instrument="B", side="buy")
        daemon.command("lock", agent="rules/momentum", instrument="C", until=str(time_of[-1]))
        daemon.command("agent_off", agent="rules/mean_reversion")
        daemon.command("halt", reason="looked at", nonce="h")
        peak, halted_at = daemon.book.peak, daemon.journal.head.ord
        assert any(kind == INTENT for kind, *_ in content(daemon.journal))
        assert peak > daemon.setup.capital
        for number in range(restarts):
            before = stopped(daemon)
            if number % 2:
                daemon.abandon()
            else:
                daemon.close()
            if number % 3 == 0:
                shutil.rmtree(folder / "snapshots")
            daemon = Daemon.open(folder, panel=BOOK.panel)
            assert stopped(daemon) == before
            assert daemon.state().state == "HALTED"
            assert daemon.book.peak >= peak
            daemon.run(until=int(time_of[HALT_AT + 1 + number % 20]))
            peak = daemon.book.peak
        assert all(kind != INTENT for kind, *_ in content(daemon.journal)[halted_at:])
        locks = daemon.book.locks.to_plain()
        assert isinstance(locks, tuple)
        assert len(locks) == 3
        assert daemon.command("halt", reason="looked at", nonce="h") == "HALTED"
        daemon.close()
    keep("book_restarts", "Restarts of a halted book", {"restarts": restarts, "changed": 0}, seeds="none")


def test_only_the_book_s_name_ends_a_halt(quick: Path) -> None:
    with small():
        with Daemon.create(quick / "book", BOOK.config, panel=BOOK.panel) as daemon:
            daemon.command("halt")
            for principal, args in (
                ("cli", {}),
                ("cli", {"confirm": "Small"}),
                ("api", {"confirm": "small"}),
            ):
                before = daemon.content_digest()
                with pytest.raises(LiveError):
                    daemon.command("resume", principal=principal, **args)
                assert daemon.content_digest() == before
            assert daemon.command("resume", confirm="small") == "NO_ENTRY"
        with Daemon.open(quick / "book", panel=BOOK.panel) as daemon:
            assert daemon.state().state == "NO_ENTRY"


def test_a_file_named_kill_is_seen_at_every_start(quick: Path) -> None:
    folder = quick / "book"
    folder.mkdir(mode=0o700)
    (folder / KILL).touch()
    with small():
        with Daemon.create(folder, BOOK.config, panel=BOOK.panel) as daemon:
            assert daemon.state().state == "HALTED"
            assert daemon.book.trading.reason.startswith(Cause.KILL_FILE.value)
            play_quietly(daemon)
        with Daemon.open(folder, panel=BOOK.panel) as daemon:
            assert daemon.state().state == "HALTED"
            with pytest.raises(LiveError):
                daemon.command("resume", confirm="another")
        with Daemon.open(folder, panel=BOOK.panel) as daemon:
            assert (daemon.state().state, (folder / KILL).exists()) == ("HALTED", True)
            assert daemon.command("resume", confirm="small") == "NO_ENTRY"
        with Daemon.open(folder, panel=BOOK.panel) as daemon:
            assert (daemon.state().state, (folder / KILL).exists()) == ("NO_ENTRY", False)
            (folder / KILL).touch()
        with Daemon.open(folder, panel=BOOK.panel) as daemon:
            assert daemon.state().state == "HALTED"


def play_quietly(daemon: Daemon) -> None:
    """To the end of the feed; nothing leaves a halted book."""
    daemon.run()
    assert all(kind != INTENT for kind, *_ in content(daemon.journal))
    assert daemon.state().equity == daemon.setup.capital


def test_a_file_named_kill_halts_a_running_book_within_two_seconds(quick: Path) -> None:
    data, times = panel(step=30 * SECOND), [0.0, 0.0]

    def seen(daemon: Daemon) -> None:
        if not times[0]:
            (quick / "book" / KILL).touch()
            times[0] = time.monotonic()
        elif daemon.book.trading.state == 5:
            times[1] = time.monotonic()
            daemon.stop()

    with small(), Daemon.create(quick / "book", config(), panel=data) as daemon:
        daemon.on_cycle = seen
        daemon.run(speed=1)
        assert daemon.state().state == "HALTED"
    assert 0 < times[1] - times[0] <= 2


def test_a_played_book_reopens_as_it_was(quick: Path) -> None:
    with small():
        with Daemon.create(quick / "book", BOOK.config, panel=BOOK.panel) as daemon:
            play(daemon, BOOK.panel)
            left = plain_of(daemon.book)
        with Daemon.open(quick / "book", panel=BOOK.panel) as daemon:
            assert plain_of(daemon.book) == left
        shutil.rmtree(quick / "book" / "snapshots")
        with Daemon.open(quick / "book", panel=BOOK.panel) as daemon:
            assert plain_of(daemon.book) == left


def test_a_book_cut_off_while_it_is_made_gets_its_capital(quick: Path) -> None:
    with small():
        cut = patch.object(opened, "_at_end", side_effect=KeyboardInterrupt)
        with cut, pytest.raises(KeyboardInterrupt):
            Daemon.create(quick / "book", BOOK.config, panel=BOOK.panel)
        Daemon.create(quick / "whole", BOOK.config, panel=BOOK.panel).close()
        for folder in ("book", "whole"):
            with Daemon.open(quick / folder, panel=BOOK.panel) as daemon:
                assert daemon.state().equity == daemon.setup.capital
        with Journal.open(quick / "book", True) as cut_off, Journal.open(quick / "whole", True) as whole:
            assert content(cut_off) == content(whole)
