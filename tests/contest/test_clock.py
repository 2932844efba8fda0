from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from contest.calendars import SECOND, panel_of, random_clock
from counts import FULL
from quantrl.contest import Clock, load_planted
from quantrl.contest.zi import day_returns
from quantrl.data import load_sample
from quantrl.data.view import NEVER
from quantrl.errors import ConfigError, DataError, LookAheadError
from quantrl.units import ns_from_iso

CALENDARS = 500
HOUR = 3_600 * SECOND


def weekday_clock(n: int = 20, **settings: object) -> Clock:
    time = ns_from_iso("2024-01-01T16:00") + 24 * HOUR * np.arange(n)
    return Clock.of_panel(panel_of(time), open_time="09:30 UTC", **settings)  # type: ignore[arg-type]


def test_the_worked_example() -> None:
    clock = weekday_clock()
    assert clock.newest(10) == 8
    assert list(clock.features(10, 5)) == [4, 5, 6, 7, 8]
    assert clock.last_row(3, 10) == 6
    assert list(clock.targets(6, 3)) == [6, 7, 8]
    assert clock.usable(6, 3, 10)
    assert not clock.usable(7, 3, 10)


def test_a_day_of_a_session_calendar() -> None:
    clock = weekday_clock()
    assert clock.o(3) == ns_from_iso("2024-01-04T09:30")
    assert clock.d(3) == ns_from_iso("2024-01-04T09:00")
    assert clock.window(3) == (ns_from_iso("2024-01-03T09:00"), clock.d(3))
    assert clock.matured_at(3) == ns_from_iso("2024-01-05T16:00")
    assert clock.matured_at(19) == NEVER
    assert [clock.day_of(clock.d(3) + step) for step in (0, 1)] == [3, 4]
    assert clock.day_of(clock.d(19) + 1) == clock.n_days


def test_monday_holds_the_weekend() -> None:
    panel = load_sample("us5")
    clock = Clock.of_panel(panel)
    monday = int(np.searchsorted(panel.time, ns_from_iso("2001-03-05")))
    after, until = clock.window(monday)
    assert (after, until) == (ns_from_iso("2001-03-02T14:00"), ns_from_iso("2001-03-05T14:00"))
    assert clock.day_of(ns_from_iso("2001-03-03T12:00")) == monday


def test_a_panel_of_closes_reads_the_close_for_the_open() -> None:
    panel = load_sample("us20").between(ns_from_iso("2020-01-01"), ns_from_iso("2020-03-01"))
    clock = Clock.of_panel(panel, "next_close")
    assert clock.o(5) == panel.time[5]
    assert clock.d(5) == panel.time[5] - HOUR // 2
    assert (clock.newest(5), clock.last_row(3, 10)) == (3, 6)


def test_a_continuous_calendar_decides_a_minute_before_the_bar_ends() -> None:
    time = 10**18 + 24 * HOUR * np.arange(1, 20)
    clock = Clock.of_panel(panel_of(time), open_time="continuous")
    assert clock.o(5) - time[4] == 1
    assert clock.o(5) - clock.d(5) == 60 * SECOND
    assert clock.newest(10) == 7  # bar 9 ends after d(10), so the newest open known is that of bar 8


@pytest.mark.parametrize("seed", range(CALENDARS))
def test_nothing_that_matures_later_is_used(seed: int) -> None:
    kind, panel, clock = random_clock(seed)
    rng = np.random.default_rng(seed)
    returns = day_returns(panel, "next_close" if "closes" in kind else "next_open")
    days = range(1, clock.n_days) if FULL else rng.integers(1, clock.n_days, 4).tolist()
    for t in days:
        m, n = int(rng.integers(1, 8)), int(rng.integers(1, 5))
        now = clock.d(t)
        matured = [s for s in range(clock.n_days) if clock.matured_at(s) <= now]
        assert clock.newest(t) == (matured[-1] if matured else -1)
        assert list(clock.features(t, m)) == matured[-m:]
        rows = [tau for tau in range(clock.n_days) if clock.usable(tau, n, t)]
        assert max(rows, default=-1) == max(clock.last_row(n, t), -1)
        for tau in rows[-3:]:
            used = [*clock.features(tau, m), *clock.targets(tau, n)]
            assert max(clock.matured_at(s) for s in used) <= now
            assert tau - 1 not in used
        clock.check_score(clock.newest(t), t)
        with pytest.raises(LookAheadError):
            clock.check_score(clock.newest(t) + 1, t)
        column = "close" if "closes" in kind else "open"
        if matured:  # both prices of the newest return can be read in the view of that moment
            seen = panel.as_of(now)[column]
            np.testing.assert_array_equal(seen[matured[-1] + 1] / seen[matured[-1]] - 1, returns[matured[-1]])


@pytest.mark.parametrize("seed", range(0, CALENDARS, 10))
def test_windows_join_without_overlap(seed: int) -> None:
    _, _, clock = random_clock(seed)
    windows = [clock.window(t) for t in range(clock.n_days)]
    assert all(before[1] == after[0] for before, after in pairwise(windows))
    for t in np.random.default_rng(seed).integers(clock.opens[0], clock.opens[-1], 20).tolist():
        day = clock.day_of(t)
        if day < clock.n_days:
            assert windows[day][0] < t <= windows[day][1]


def test_a_training_row_that_has_not_matured_is_refused() -> None:
    clock = weekday_clock()
    clock.check_row(6, 3, 10)
    with pytest.raises(LookAheadError, match=r"training row 7 with 3 target days .* day 10; .* is 6"):
        clock.check_row(7, 3, 10)
    with pytest.raises(LookAheadError, match="score of day 9 is asked for at day 10; .* day 8"):
        clock.check_score(9, 10)


def test_calibration_ends_before_the_test_and_its_embargo() -> None:
    clock = weekday_clock()
    clock.check_calibration(5, 3, 10)
    with pytest.raises(ConfigError, match="at least 5 days before the test's first, day 10, got day 6"):
        clock.check_calibration(6, 3, 10)


def test_a_pending_day_has_a_decision_but_no_outcome() -> None:
    full = weekday_clock()
    clock = Clock(full.opens, full.known[:-1], full.lead_ns)
    assert clock.d(19) == full.d(19)
    assert clock.newest(19) == 17
    assert clock.matured_at(18) == NEVER


def test_the_planted_world_has_its_own_open_time() -> None:
    panel, docs = load_planted(n_days=12)
    clock = Clock.of_panel(panel)
    assert (panel.time - clock.opens == 6.5 * HOUR).all()
    counts = [len(docs.as_of(clock.d(t)).window(*clock.window(t))) for t in range(12)]
    assert sum(counts) == len(docs)
    assert min(counts) > 30


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"open_time": None}, "open_time: expected such as .* or 'continuous'"),
        ({"open_time": "half past nine"}, "open_time: expected such as .*, got 'half past nine'"),
        ({"open_time": "09:30 Mars/Base"}, "open_time: expected such as"),
        ({"open_time": "17:00 UTC"}, "bar 0 ends at 2024-01-01T16:00:00Z, not after its open"),
        ({"lead_s": 90_000}, "day 1 would decide at .* not after the open before it"),
        ({"lead_s": 0}, "expected seconds above 0"),
        ({"fill": "close"}, "expected next_open or next_close, got 'close'"),
    ],
)
def test_refused(settings: dict[str, object], message: str) -> None:
    time = ns_from_iso("2024-01-01T16:00") + 24 * HOUR * np.arange(5)
    with pytest.raises(ConfigError, match=message):
        Clock.of_panel(panel_of(time), **{"open_time": "09:30 UTC", **settings})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("opens", "known", "message"),
    [
        ([1, 1], [5, 5], "day 1 does not open after day 0"),
        ([10, 20], [9, 21], "price of day 0 is known before that day opens"),
        ([10, 20], [30, 25], "price of day 1 is known before that of day 0"),
        ([10], [11, 12], "at most D of known"),
    ],
)
def test_stamps_that_make_no_calendar(opens: list[int], known: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        Clock(np.array(opens), np.array(known), 1)


def test_days_outside_the_calendar_are_refused() -> None:
    with pytest.raises(DataError, match="expected a day from 0 to 19, got 20"):
        weekday_clock().d(20)
    with pytest.raises(DataError, match="got -1"):
        weekday_clock().d(-1)
