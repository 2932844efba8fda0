"""Agents that fail in every way: they are noted, they hold, and nobody else hears of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from live import paper_books
from live.paper_books import EASY, capital, config, logs, make, panel, scripted
from quantrl.data import Panel
from quantrl.live import events, hosts
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.events import decode
from quantrl.live.vocabulary import HOLD

SOUND = [scripted(f"sound_{salt}", salt=salt) for salt in range(3)]
REFUSED = (
    "infinite",
    "negative",
    "too_much",
    "wrong_shape",
    "words",
    "beyond_float",
    "nothing",
    "look_ahead",
)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that know the scripted agents."""
    monkeypatch.setattr(hosts, "_serve", paper_books.serve)


def run(folder: Path, settings: PaperConfig, feed: Panel) -> Daemon:
    daemon = make(folder / "book", settings, feed)
    daemon.run()
    daemon.book.check()
    return daemon


@pytest.mark.parametrize("fault", [*REFUSED, "raise", "exit"])
def test_a_faulty_answer_is_refused_and_the_agent_holds(fault: str, tmp_path: Path) -> None:
    settings = config(*SOUND, scripted("faulty", fault=fault, start=3))
    with run(tmp_path, settings, panel(0, 8, 3)) as daemon:
        found = [log.decisions[3] for log in logs(daemon)]
        assert {one.status for one in found[:3]} == {"ok"}
        assert {one.status for one in found[3:]} == {"refused" if fault in REFUSED else "failed"}
        assert all(set(one.targets) == {HOLD} for one in found[3:])
        assert {log.decisions[agent].status for log in logs(daemon) for agent in range(3)} == {"ok"}


def test_weights_that_are_not_numbers_mean_hold(tmp_path: Path) -> None:
    with run(tmp_path, config(*SOUND, scripted("faulty", fault="nan", start=3)), panel(0, 8, 3)) as daemon:
        last = logs(daemon)[-1].decisions[3]
        assert (last.status, set(last.targets)) == ("ok", {HOLD})


def test_a_faulty_agent_loses_its_capital_and_the_others_keep_theirs(tmp_path: Path) -> None:
    settings = config(
        *SOUND, scripted("faulty", salt=3, fault="raise", start=80), selection={**EASY, "top_k": 4}
    )
    with run(tmp_path, settings, panel(0, 100, 4)) as daemon:
        rows = {log.row: log.allocated for log in logs(daemon)}
        assert 3 in rows[79]
        assert 3 not in rows[90]
        assert capital(daemon, 3) == 0
        assert all(capital(daemon, agent) > 0 for agent in range(3))


@pytest.mark.usefixtures("workers")
def test_the_number_of_workers_changes_nothing(tmp_path: Path) -> None:
    digests = set()
    for count in (0, 1, 3):
        agents = [*SOUND, scripted("faulty", fault="raise", start=4), scripted("wrong", fault="words")]
        settings = config(*agents, hosts={"workers": count})
        with run(tmp_path / str(count), settings, panel(0, 12, 3)) as daemon:
            digests.add(daemon.content_digest())
    assert len(digests) == 1


@pytest.mark.usefixtures("workers")
@pytest.mark.parametrize(("fault", "place", "bars"), [("die", 0, 8), ("sleep", 3, 5)])
def test_an_agent_that_ends_or_blocks_its_worker_takes_nobody_with_it(
    fault: str, place: int, bars: int, tmp_path: Path
) -> None:
    """All agents share one worker; the answers of the others are those of a run without the faulty one.

    The faulty one is given up after a while, and its answers read as before.
    """
    faulty, feed = scripted("faulty", fault=fault, start=3), panel(0, bars, 3)
    settings = config(*SOUND[:place], faulty, *SOUND[place:], hosts={"workers": 1, "timeout_s": 1.0})
    sound = [agent for agent in range(4) if agent != place]
    with run(tmp_path / "with", settings, feed) as daemon:
        seen = [log.decisions for log in logs(daemon)]
        assert {decisions[place].status for decisions in seen[3:]} == {"timeout"}
        assert all(set(decisions[place].targets) == {HOLD} for decisions in seen[3:])
        assert {decisions[agent].status for decisions in seen for agent in sound} == {"ok"}
        found = [[decisions[agent].targets for agent in sound] for decisions in seen]
        answered = [decode(one.kind, one.payload) for one in daemon.journal.events(1) if one.agent == place]
        reasons = {one.blob for one in answered if isinstance(one, events.Answer) and one.status == "timeout"}
        assert len(reasons) == 1
    with run(tmp_path / "without", config(*SOUND), feed) as daemon:
        assert found == [[log.decisions[agent].targets for agent in range(3)] for log in logs(daemon)]


@pytest.mark.usefixtures("workers")
def test_an_agent_that_ends_its_worker_once_is_asked_again(tmp_path: Path) -> None:
    settings = config(*SOUND, scripted("once", fault="die_once", start=3), hosts={"workers": 1})
    with run(tmp_path, settings, panel(0, 6, 3)) as daemon:
        assert [log.decisions[3].status for log in logs(daemon)] == ["ok"] * 3 + ["timeout"] + ["ok"] * 2


class Panics:
    """A native agent that ends in what is no `Exception`."""

    def decide(self, view: Any) -> Any:
        raise SystemExit(1)

    def snapshot(self) -> bytes:
        return b""

    def restore(self, state: bytes, now: int, n_instruments: int) -> None: ...


def test_a_native_agent_that_panics_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quantrl.live.setup import Setup

    natives: Callable[[Setup], Any] = lambda setup: {0: Panics()}  # noqa: E731
    monkeypatch.setattr(Setup, "natives", natives)
    with run(tmp_path, config(), panel(0, 4, 3)) as daemon:
        assert {log.decisions[0].status for log in logs(daemon)} == {"failed"}
        assert {log.decisions[1].status for log in logs(daemon)} == {"ok"}
