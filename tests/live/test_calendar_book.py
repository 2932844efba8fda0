"""A book that keeps to an exchange's sessions: nothing leaves outside of them, each job runs once, whatever restarts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from live import tick_books
from live.tick_books import RESTS, START, make, reopen
from quantrl.errors import ConfigError, InvariantError, LiveError
from quantrl.live import events
from quantrl.live.checking import verify
from quantrl.live.config import PaperConfig
from quantrl.live.engine import Daemon
from quantrl.live.events import decode
from quantrl.live.feeds import of_config
from quantrl.live.record import Event
from quantrl.live.sessions import CLOSED, OPEN, Session, Sessions
from quantrl.live.states import Cause, Source, Trading
from quantrl.live.vocabulary import OrderState, TradingState

S = 10**9
TABLE = Sessions(
    [
        Session("a", START + 10 * S, START + 80 * S, START + 60 * S, START + 65 * S),
        Session("b", START + 90 * S, START + 98 * S),
        Session("c", START + 103 * S, START + 500 * S),
    ],
    "TEST 1",
)
JOBS: list[dict[str, Any]] = [
    {"name": "calm", "do": "no_entry", "at": "close", "before": "5s"},
    {"name": "go", "do": "active", "at": "open", "after": "2s"},
]
needs_calendars = pytest.mark.skipif(
    find_spec("exchange_calendars") is None, reason="exchange_calendars is not installed"
)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exchange with sessions of a minute and less."""
    monkeypatch.setattr(of_config, "from_calendar", lambda name, start, end: TABLE)


def config(**changes: Any) -> PaperConfig:
    calendar = {"exchange": "XNYS", **changes.pop("calendar", {})}
    return tick_books.config(tick_books.shared(), calendar=calendar, **changes)


def contents(daemon: Daemon) -> Iterator[tuple[Event, Any]]:
    for event in daemon.journal.events():
        yield event, decode(event.kind, event.payload)


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * S


def test_orders_leave_in_sessions_alone_and_what_rests_ends_with_them(tmp_path: Path, table: None) -> None:
    with make(tmp_path / "book", config(venue=RESTS)) as book:
        book.run()
        found = list(contents(book))
        rows = book.bar + 1
    sent = [event.ts for event, values in found if isinstance(values, events.Intent)]
    assert len(sent) > 20
    assert all(TABLE.state(ts) == OPEN for ts in sent)
    asked = [(e.ts, v.status) for e, v in found if isinstance(v, events.Decision)]
    assert len(asked) == 3 * rows
    assert {TABLE.state(ts) == OPEN for ts, status in asked if status == "ok"} == {True}
    assert {TABLE.state(ts) == OPEN for ts, status in asked if status == "closed"} == {False}
    turns = [(v.session, v.state, e.ts) for e, v in found if isinstance(v, events.Calendar)]
    assert turns == [(TABLE.table[place].label, state, at) for at, place, state in TABLE.turns[: len(turns)]]
    assert len(turns) == 7
    resting: set[str] = set()
    for event, values in found:
        if isinstance(values, events.Intent):
            resting.add(values.client_id)
        elif isinstance(values, events.CancelIntent) or getattr(values, "state", 0) >= OrderState.FILLED:
            resting.discard(getattr(values, "client_id", ""))
        elif isinstance(values, events.Timer) and TABLE.state(event.ts) == CLOSED:
            assert not resting


def test_a_decision_outside_a_session_asks_nobody_and_keeps_what_is_held(tmp_path: Path, table: None) -> None:
    with make(tmp_path / "book", config()) as book:
        book.run(until=START + 9 * S)
        assert book.book.books.account_cash() == book.setup.capital
        assert not any(isinstance(v, (events.Request, events.Intent)) for _, v in contents(book))
        book.run(until=START + 81 * S)
        held = [book.book.books.account_position(inst) for inst in range(3)]
        assert any(held)
        book.run(until=START + 89 * S)
        assert [book.book.books.account_position(inst) for inst in range(3)] == held


def test_a_restart_at_any_time_changes_nothing(tmp_path: Path, table: None) -> None:
    settings = config(calendar={"jobs": JOBS})
    with make(tmp_path / "whole", settings) as book:
        book.run()
        whole = book.content_digest()
    with make(tmp_path / "parts", settings) as book:
        book.run(until=START + 12 * S)
    for number, second in enumerate((59, 60, 62, 79, 80, 82, 95, 200)):
        with reopen(tmp_path / "parts") as book:
            if number % 2:
                book.snapshot()
            book.run(until=START + second * S)
    with reopen(tmp_path / "parts") as book:
        assert book.content_digest() == whole
    checked = verify(tmp_path / "parts", rederive=True)
    assert (checked.ok, checked.rederived_fraction) == (True, 1.0)


def test_each_job_runs_once_a_session(tmp_path: Path, table: None) -> None:
    with make(tmp_path / "book", config(calendar={"jobs": JOBS})) as book:
        book.run(until=START + 106 * S)
        found = list(contents(book))
    timers = [(e.ts - START, v.name) for e, v in found if isinstance(v, events.Timer) and v.name != "grid"]
    assert timers == [
        (12 * S, "go a"),
        (75 * S, "calm a"),
        (92 * S, "go b"),
        (93 * S, "calm b"),
        (105 * S, "go c"),
    ]
    states = [
        (e.ts - START, TradingState(v.state).name, v.reason) for e, v in found if isinstance(v, events.State)
    ]
    assert states == [
        (75 * S, "NO_ENTRY", "no_entry: job calm"),
        (92 * S, "ACTIVE", "active: job go"),
        (93 * S, "NO_ENTRY", "no_entry: job calm"),
        (105 * S, "ACTIVE", "active: job go"),
    ]


def test_a_book_that_is_to_be_flat_is_so_or_halts_when_the_session_ends(tmp_path: Path, table: None) -> None:
    jobs = [{"name": "flat", "do": "flatten", "at": "close", "before": "3s"}]
    with make(tmp_path / "book", config(calendar={"jobs": jobs})) as book:
        book.run(until=START + 76 * S)
        assert any(book.book.books.account_position(inst) for inst in range(3))
        book.run(until=START + 85 * S)
        assert book.book.trading.state == TradingState.HALTED
        assert book.book.trading.reason == "flat"
        assert not any(book.book.books.account_position(inst) for inst in range(3))
    with make(tmp_path / "late", config()) as book:
        book.run(until=START + 85 * S)
        assert book.command("flatten") == "FLATTEN"
        refused = [v for _, v in contents(book) if isinstance(v, events.Verdict) and v.code == 4]
        assert refused
        assert {v.actual for v in refused} == {CLOSED}
        book.run(until=START + 95 * S)
        assert book.book.trading.reason == "flat"


def test_what_people_and_gates_set_is_theirs_to_lift() -> None:
    def after(state: TradingState, reason: str, verb: str) -> str | None:
        change = Trading(state, reason).change(verb, Source.SCHEDULE, words="job x")
        return None if change is None else TradingState(change.state).name

    assert after(TradingState.NO_ENTRY, "no_entry: job calm", "active") == "ACTIVE"
    assert after(TradingState.NO_ENTRY, "no_entry: holiday", "active") is None
    assert after(TradingState.NO_ENTRY, Cause.DAILY_LOSS, "active") is None
    assert after(TradingState.NO_ENTRY, Cause.DAILY_LOSS, "no_entry") is None
    assert after(TradingState.REDUCE_ONLY, Cause.DRAWDOWN, "no_entry") is None
    assert after(TradingState.NO_ENTRY, "no_entry", "reduce_only") == "REDUCE_ONLY"
    assert after(TradingState.ACTIVE, "active", "flatten") == "FLATTEN"
    for verb in ("halt", "resume"):
        with pytest.raises(LiveError, match="expected from"):
            Trading().change(verb, Source.SCHEDULE, confirmed=True)
    with pytest.raises(LiveError, match="not while the book is HALTED"):
        Trading(TradingState.HALTED, "halt").change("active", Source.SCHEDULE)


def test_a_turn_that_the_sessions_do_not_have_is_refused(tmp_path: Path, table: None) -> None:
    with make(tmp_path / "book", config()) as book:
        book.run(until=START + 5 * S)
        with pytest.raises(InvariantError, match="a turn of this book's sessions"):
            book._cycle.take(events.Calendar("a", START + 10 * S, START + 40 * S, OPEN), START + 9 * S)
        book.abandon()


def test_other_sessions_make_another_book(
    tmp_path: Path, table: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with make(tmp_path / "one", config()) as book:
        one = book.setup.book_id
        assert book.setup.sessions is not None
        assert book.setup.sessions.source == "TEST 1"
    monkeypatch.setattr(
        of_config, "from_calendar", lambda name, start, end: Sessions(TABLE.table[:2], "TEST 2")
    )
    with make(tmp_path / "two", config()) as book:
        assert book.setup.book_id != one
    # An old book stays what it was made as, whatever the library, or another release of this package, would call it.
    monkeypatch.setattr(PaperConfig, "book_id", lambda config, *digests: bytes(16))
    with reopen(tmp_path / "one") as book:
        assert book.setup.sessions is not None
        assert book.setup.sessions.table == TABLE.table
        assert book.setup.book_id == one


@pytest.mark.parametrize(
    ("calendar", "message"),
    [
        ({"exchange": "--help"}, "exchange"),
        ({"jobs": [JOBS[0], JOBS[0]]}, "'calm' twice"),
        ({"jobs": [{**JOBS[0], "after": "1s"}]}, "before or after, got both"),
        ({"jobs": [{**JOBS[0], "before": "25h"}]}, "0s to 24h"),
        ({"jobs": [{**JOBS[0], "do": "resume"}]}, "do"),
        ({"jobs": [{**JOBS[0], "name": "Two words"}]}, "name"),
    ],
)
def test_calendars_that_are_none_are_refused(calendar: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config(calendar=calendar)


def test_bars_are_their_own_calendar() -> None:
    raw = PaperConfig.demo().model_dump(mode="json")
    with pytest.raises(ConfigError, match="bars are their own calendar"):
        PaperConfig.of({**raw, "calendar": {"exchange": "XNYS"}})


@needs_calendars
@pytest.mark.parametrize(
    ("start", "days", "sessions"),
    [
        ("2026-03-06T12:00:00", 4, [("2026-03-06", "14:30", "21:00"), ("2026-03-09", "13:30", "20:00")]),
        ("2026-10-30T12:00:00", 4, [("2026-10-30", "13:30", "20:00"), ("2026-11-02", "14:30", "21:00")]),
        ("2026-11-25T12:00:00", 3, [("2026-11-25", "14:30", "21:00"), ("2026-11-27", "14:30", "18:00")]),
        ("2026-12-23T12:00:00", 2, [("2026-12-23", "14:30", "21:00"), ("2026-12-24", "14:30", "18:00")]),
    ],
)
def test_new_york_over_daylight_saving_holidays_and_early_closes(
    tmp_path: Path, start: str, days: int, sessions: list[tuple[str, str, str]]
) -> None:
    law = {"start": f"{start}Z", "horizon": f"{24 * days}h", "limit": 3e-4, "market": 1e-3, "cancel": 5e-5}
    jobs = [{"name": "calm", "do": "no_entry", "at": "close", "before": "30m"}, {**JOBS[1], "after": "1m"}]
    settings = tick_books.synthetic(
        law=law,
        feed={"decide_every": "15m", "batch_ms": 900_000},
        calendar={"exchange": "XNYS", "jobs": jobs},
        risk={**tick_books.WIDE, "data_age": 10**18, "turnover_bp": 10_000_000, "cancel_ppm": 1_000_000},
    )
    with make(tmp_path / "book", settings) as book:
        book.run()
        found = list(contents(book))
    hours = {day: (ns(f"{day}T{opens}"), ns(f"{day}T{closes}")) for day, opens, closes in sessions}
    turns = [(v.session, v.state, e.ts) for e, v in found if isinstance(v, events.Calendar)]
    assert turns[0][1] == CLOSED  # how the book finds the market
    assert turns[1:] == [
        turn for day, (opens, closes) in hours.items() for turn in ((day, OPEN, opens), (day, CLOSED, closes))
    ]
    sent = [event.ts for event, values in found if isinstance(values, events.Intent)]
    assert sent
    assert all(any(opens <= ts < closes for opens, closes in hours.values()) for ts in sent)
    done = [v.name for _, v in found if isinstance(v, events.Timer) and v.name != "grid"]
    assert done == [f"{job} {day}" for day in hours for job in ("go", "calm")]
