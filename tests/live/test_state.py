"""A state kept at any bar goes on as the one that was never kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import apsw
import pytest

from live.paper_books import config, make, panel, reopen, scripted
from quantrl import data
from quantrl.data import Panel
from quantrl.errors import JournalError
from quantrl.live import plain
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.events import event
from quantrl.live.kept_state import plain_of, state_of
from quantrl.live.recover import Folded, fold
from quantrl.live.setup import Setup
from quantrl.live.state import State

STEPS = 2
"""Kept states that each is compared with; at least thirty bars."""


def goes_on(daemon: Daemon, feed: Panel, kept: dict[int, bytes]) -> None:
    """Each kept state, restored on a fresh setup, and the journal from there on: all outputs and values are equal."""
    stored = list(daemon.journal.events(1))
    setup = Setup.of(daemon.setup.config, panel=feed)
    for ord, body in sorted(kept.items()):
        state = state_of(setup, plain.load(body))
        assert plain.dump(plain_of(state)) == body
        later = [one for one in stored if one.ord > ord]
        ends = sorted(other for other in kept if other > ord)[:STEPS]
        last = ends[-1] if ends else daemon.book.ord
        fold(Folded(state), [one for one in later if one.ord <= last])
        assert plain.dump(plain_of(state)) == kept.get(last, plain.dump(plain_of(daemon.book)))


def live(
    folder: Path, settings: PaperConfig, feed: Panel, *, keep: range, commands: dict[int, dict[str, str]]
) -> None:
    daemon = make(folder / "book", settings, feed)
    kept: dict[int, bytes] = {}

    def after(book: Daemon) -> None:
        if book.bar in commands:
            book.command(**commands[book.bar])  # type: ignore[arg-type]
        if book.bar in keep:
            kept[book.book.ord] = plain.dump(plain_of(book.book))

    daemon.on_cycle = after
    daemon.run(until=int(feed.time[keep.stop - 1]))
    assert len(kept) == len(keep)
    goes_on(daemon, feed, kept)
    daemon.close()


@pytest.mark.parametrize("seed", range(2))
def test_kept_at_any_bar_it_goes_on_alike(seed: int, tmp_path: Path) -> None:
    settings = config(
        *[scripted(f"random_{salt}", salt=salt, every=1 + salt) for salt in range(3)],
        scripted("fails", fault="raise", start=90),
        {"id": "rules/buy_and_hold"},
    )
    commands = {
        80: {"verb": "lock", "instrument": "N0", "side": "buy", "nonce": "b"},
        84: {"verb": "reduce_only", "nonce": "a"},
        90: {"verb": "active"},
        95: {"verb": "agent_off", "agent": "random_0"},
        100: {"verb": "flatten"},
        104: {"verb": "resume", "confirm": "small"},
        105: {"verb": "active"},
    }
    live(tmp_path, settings, panel(seed, 120, 4, gaps=0.05), keep=range(0, 119, 17), commands=commands)


def test_kept_with_native_agents_it_goes_on_alike(tmp_path: Path) -> None:
    """The trained agent remembers; its memory is part of what is kept."""
    demo = PaperConfig.demo()
    names = ("rules/momentum", "rules/equal_weight", "sharpe_portfolio")
    settings = demo.model_copy(
        update={
            "agents": [agent for agent in demo.agents if agent.id in names],
            "data": demo.data.model_copy(update={"start": "2015-01-02", "end": "2015-06-30"}),
        }
    )
    live(tmp_path, settings, data.load(settings.data), keep=range(50, 99, 16), commands={})


def test_kept_in_the_middle_of_a_bar_a_failure_still_counts(tmp_path: Path) -> None:
    """Between two answers of one bar."""
    feed = panel(1, 12, 3)
    settings = config(scripted("fails", fault="raise"), scripted("b", salt=1), scripted("c", salt=2))
    daemon = make(tmp_path / "book", settings, feed)
    daemon.run()
    stored = list(daemon.journal.events(1))
    setup = Setup.of(settings, panel=feed)
    bodies = []
    for cut in (False, True):
        state = State(setup)
        for one in stored:
            if cut and one.kind == 5:
                state = state_of(setup, plain.load(plain.dump(plain_of(state))))
            state.evolve(one)
        bodies.append(plain.dump(plain_of(state)))
    assert bodies[0] == bodies[1]
    daemon.close()


def test_meters_and_nonces_stay_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantrl.live.state._NONCES", 5)
    daemon = make(tmp_path / "book", config(), panel(1, 90, 4))
    sizes = []
    daemon.on_cycle = lambda book: (
        book.command("lock", nonce=str(book.bar)) if book.bar < 10 else book.command("unlock"),
        sizes.append(len(plain.dump(book.book.meters.to_plain()))),
    )
    daemon.run()
    assert list(daemon.book.nonces) == [f"cli:{bar}" for bar in range(5, 10)]
    assert len(daemon.book.meters._sent) <= 8
    assert len(daemon.book.orders) <= 4 * 5
    daemon.close()


def test_lifecycle_events_change_nothing(tmp_path: Path) -> None:
    from quantrl.live import events

    with make(tmp_path / "book", config(), panel(1, 4, 4)) as daemon:
        before = plain.dump(plain_of(daemon.book))
        daemon.book.evolve(event(events.Note("nothing"), ts=2**62))
        assert plain.dump(plain_of(daemon.book)) == before


def test_the_first_event_is_checked_too(tmp_path: Path) -> None:
    feed = panel(1, 6, 3)
    with make(tmp_path / "book", config(), feed) as daemon:
        daemon.run()
    shutil.rmtree(tmp_path / "book" / "snapshots")
    (tmp_path / "book" / "journal.db.sums").unlink(missing_ok=True)
    connection = apsw.Connection(str(tmp_path / "book" / "journal.db"))
    ((payload,),) = connection.execute("SELECT payload FROM event WHERE seq = 1")
    connection.execute("UPDATE event SET payload = ? WHERE seq = 1", (payload[:-1] + b"?",))
    connection.close()
    with pytest.raises(JournalError, match="event 1:"):
        reopen(tmp_path / "book", feed)
