"""Sessions and jobs: daylight saving, early closes, breaks, and each job once."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from random import Random

import pytest

from quantrl.errors import ConfigError, LiveError
from quantrl.live.schedule import Due, Job, Schedule
from quantrl.live.sessions import CLOSED, OPEN, UNKNOWN, Session, Sessions, from_calendar
from quantrl.live.vocabulary import MINUTE

needs_calendars = pytest.mark.skipif(
    find_spec("exchange_calendars") is None, reason="exchange_calendars is not installed"
)
TABLE = Sessions([Session("a", 100, 200), Session("b", 300, 400, 340, 360), Session("c", 400, 500)])
JOBS = [Job("round", "close"), Job("warm", "open", -10, "skip"), Job("late", "close", 250)]


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


@cache
def exchange(name: str) -> Sessions:
    return from_calendar(name, "2026-01-02", "2026-12-31")


@pytest.mark.parametrize(
    ("ts", "state"),
    [
        (99, UNKNOWN),
        (100, OPEN),
        (199, OPEN),
        (200, CLOSED),
        (299, CLOSED),
        (339, OPEN),
        (340, CLOSED),
        (359, CLOSED),
        (360, OPEN),
        (400, OPEN),
        (499, OPEN),
        (500, UNKNOWN),
    ],
)
def test_open_closed_and_unknown(ts: int, state: int) -> None:
    assert TABLE.state(ts) == state


@needs_calendars
@pytest.mark.parametrize(
    ("day", "opens", "closes"),
    [
        ("2026-03-06", "14:30", "21:00"),
        ("2026-03-09", "13:30", "20:00"),
        ("2026-10-30", "13:30", "20:00"),
        ("2026-11-02", "14:30", "21:00"),
        ("2026-11-27", "14:30", "18:00"),
        ("2026-12-24", "14:30", "18:00"),
    ],
)
def test_new_york_over_daylight_saving_and_early_closes(day: str, opens: str, closes: str) -> None:
    session = next(s for s in exchange("XNYS").table if s.label == day)
    assert (session.open, session.close) == (ns(f"{day}T{opens}"), ns(f"{day}T{closes}"))


@needs_calendars
@pytest.mark.parametrize(
    ("day", "opens"),
    [("2026-03-27", "08:00"), ("2026-03-30", "07:00"), ("2026-10-23", "07:00"), ("2026-10-26", "08:00")],
)
def test_london_changes_three_weeks_later(day: str, opens: str) -> None:
    assert next(s for s in exchange("XLON").table if s.label == day).open == ns(f"{day}T{opens}")


@needs_calendars
def test_a_lunch_break_is_closed() -> None:
    tokyo = exchange("XTKS")
    assert [tokyo.state(ns(f"2026-03-09T{at}")) for at in ("02:29", "02:30", "03:29", "03:30")] == [
        OPEN,
        CLOSED,
        CLOSED,
        OPEN,
    ]


@needs_calendars
def test_holidays_are_closed_and_days_beyond_the_table_unknown() -> None:
    market = exchange("XNYS")
    assert market.state(ns("2026-11-26T16:00")) == CLOSED
    assert market.state(ns("2026-11-27T18:00")) == CLOSED
    assert market.state(ns("2027-01-04T16:00")) == UNKNOWN
    assert market.source.startswith("XNYS exchange_calendars ")


@needs_calendars
def test_a_year_of_minutes_runs_each_job_once_and_sends_nothing_outside_a_session() -> None:
    market = exchange("XNYS")
    start, end = ns("2026-03-01T00:00"), ns("2026-04-05T00:00")
    schedule = Schedule(market, [Job("round", "close"), Job("warm", "open", -5 * MINUTE)], start)
    ran: list[Due] = []
    rng, now = Random(1), start
    while now < end:
        for due in schedule.due(now):
            assert due.run
            schedule.done(due.job, due.place)
            ran.append(due)
        if rng.random() < 0.05:
            again = Schedule(market, schedule.jobs.values(), start)
            again.restore(schedule.to_plain())
            schedule = again
        now += 7 * MINUTE
    labels = [s.label for s in market.table if start <= s.open and s.close < end]
    assert [due.session for due in ran if due.job == "round"] == labels
    assert [due.session for due in ran if due.job == "warm"] == labels
    assert labels[0] == "2026-03-02"
    assert "2026-04-03" not in labels


@needs_calendars
def test_calendars_and_dates_that_are_none_are_refused() -> None:
    with pytest.raises(ConfigError, match="'NOWHERE'"):
        from_calendar("NOWHERE", "2026-01-02", "2026-01-09")
    with pytest.raises(ConfigError, match="'XNYS'"):
        from_calendar("XNYS", "2026-02-30", "2026-03-09")


@pytest.mark.parametrize(
    "sessions",
    [
        [Session("x", 5, 5)],
        [Session("a", 0, 9), Session("x", 8, 10)],
        [Session("x", 0, 9, 5, 5)],
        [Session("x", 0, 9, 5, 10)],
        [Session("x", -5, 9)],
    ],
)
def test_sessions_that_overlap_or_run_backwards_are_refused(sessions: list[Session]) -> None:
    with pytest.raises(ConfigError, match="session 'x'"):
        Sessions(sessions)


def test_jobs_come_in_order_of_time_and_once() -> None:
    schedule = Schedule(TABLE, JOBS, 0)
    assert schedule.next_time() == 90
    assert schedule.due(89) == ()
    assert schedule.due(90) == (Due(90, "warm", "a", 0, True),)
    schedule.done("warm", 0)
    assert schedule.due(90) == ()
    assert [(due.due, due.job, due.session) for due in schedule.due(450)] == [
        (200, "round", "a"),
        (290, "warm", "b"),
        (390, "warm", "c"),
        (400, "round", "b"),
        (450, "late", "a"),
    ]
    with pytest.raises(LiveError, match="expected session 1"):
        schedule.done("warm", 0)
    with pytest.raises(LiveError, match="expected session 0"):
        schedule.done("round", 1)


def test_what_was_missed_is_run_or_skipped_as_its_job_says() -> None:
    schedule = Schedule(TABLE, JOBS, 0)
    runs = {(due.job, due.session): due.run for due in schedule.due(400)}
    assert runs == {
        ("warm", "a"): False,
        ("warm", "b"): False,
        ("warm", "c"): True,
        ("round", "a"): True,
        ("round", "b"): True,
    }


def test_sessions_before_the_start_are_not_ours() -> None:
    schedule = Schedule(TABLE, JOBS, 101)
    assert {due.session for due in schedule.due(10_000)} == {"b", "c"}
    assert Schedule(TABLE, JOBS, 100).due(200)[-1].session == "a"


def test_a_newer_calendar_keeps_what_is_done() -> None:
    schedule = Schedule(TABLE, JOBS, 0)
    schedule.done("round", 0)
    later = Schedule(Sessions([Session("z", 10, 20), *TABLE.table]), JOBS, 0)
    later.restore(schedule.to_plain())
    assert [due.session for due in later.due(450) if due.job == "round"] == ["b"]
    with pytest.raises(ConfigError, match="'a' is not in"):
        Schedule(Sessions([Session("b", 300, 400)]), JOBS, 0).restore(schedule.to_plain())


@pytest.mark.parametrize("job", [Job("x", "noon"), Job("x", "open", 0, "perhaps"), Job("", "open")])  # type: ignore[arg-type]
def test_jobs_that_are_none_are_refused(job: Job) -> None:
    with pytest.raises(ConfigError, match="job"):
        Schedule(TABLE, [job], 0)


def test_a_job_is_known_again_by_the_name_of_its_timer() -> None:
    schedule = Schedule(TABLE, JOBS, 0)
    assert schedule.named("round a") == Due(200, "round", "a", 0, True)
    assert schedule.named("warm a missed") == Due(90, "warm", "a", 0, False)
    for strange in ("round b", "round", "nothing a", "round a late", ""):
        with pytest.raises(LiveError, match="expected the next"):
            schedule.named(strange)
    with pytest.raises(ConfigError, match="twice"):
        Schedule(TABLE, [JOBS[0], JOBS[0]], 0)


def test_turns_of_a_market_come_in_order_and_one_who_begins_takes_the_newest() -> None:
    turns = [(turn.at, turn.place, turn.state) for turn in TABLE.turns]
    assert turns == [
        (100, 0, OPEN),
        (200, 0, CLOSED),
        (300, 1, OPEN),
        (340, 1, CLOSED),
        (360, 1, OPEN),
        (400, 1, CLOSED),
        (400, 2, OPEN),
        (500, 2, CLOSED),
    ]
    assert [TABLE.turn(-1, ts) for ts in (99, 100, 299, 400, 9_999)] == [None, 0, 1, 6, 7]
    assert [TABLE.turn(4, ts) for ts in (399, 400)] == [None, 5]
    assert [TABLE.turn(5, 400), TABLE.turn(6, 400), TABLE.turn(7, 9_999)] == [6, None, None]
    assert [TABLE.next_turn(ts) for ts in (0, 100, 399, 400, 500)] == [100, 200, 400, 500, None]
