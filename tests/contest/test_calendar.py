"""Days of a contest, and the moments at which its accounts decide and learn."""

from __future__ import annotations

import numpy as np
import pytest

from contest.small_contest import config, world
from quantrl.contest.calendar import Calendar, DayTimeline
from quantrl.contest.clock import Clock
from quantrl.contest.config import ContestConfig
from quantrl.contest.inputs import load_inputs
from quantrl.data import Panel, load_sample
from quantrl.errors import ConfigError


def check(panel: Panel, fill: str, made: ContestConfig, **clock: object) -> None:
    """A row is decided at d(t), filled at o(t), and known no earlier than the clock says."""
    ticks = Clock.of_panel(panel, fill, **clock)  # type: ignore[arg-type]
    days = Calendar.of(made, panel, ticks)
    line = DayTimeline(panel, fill, days)
    assert len(line.time) == len(line.fill_at) == len(line.priced_at) == len(days.days) + 1
    for t in days.days:
        row = days.row(t)
        assert line.time[row] == ticks.d(t)
        assert line.fill_at[row + 1] == ticks.o(t)
        known = int(line.known[row])
        assert known < 0 or line.priced_at[known] <= ticks.d(t)
        assert days.day_at(days.date(t)) == t
        if row + 2 < len(line.priced_at):
            assert line.priced_at[row + 2] == ticks.matured_at(t)
    assert (np.diff(line.time) > 0).all()


def test_rows_of_the_accounts_follow_the_clock() -> None:
    check(world()[0], "next_open", config(9))
    us20 = load_sample("us20")
    check(us20, "next_close", ContestConfig(start="2012-03-05", end="2012-03-30", agents=["rules/momentum"]))


def test_the_last_bar_of_the_panel_can_be_the_last_day() -> None:
    panel = world()[0].head(16)
    made = config(4)
    check(panel, "next_open", made)
    days = Calendar.of(made, panel, Clock.of_panel(panel))
    assert (days.first, days.last) == (13, 15)
    assert days.delay == 2


def test_day_0_has_no_bar_before_it() -> None:
    panel = world()[0]
    days = Calendar.of(
        ContestConfig(start="2030-01-01", end="2030-01-05", agents=["rules/momentum"]),
        panel,
        Clock.of_panel(panel),
    )
    assert list(days.days) == [1, 2]
    with pytest.raises(ConfigError, match="expected a day of the contest"):
        days.day_at("2030-01-02")


def test_inputs_of_a_config(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantrl.contest.inputs.load_planted", lambda seed: world())
    made = config(data={"sample": "planted"}, documents="planted")
    panel, docs = load_inputs(made)
    assert panel.name == "planted"
    assert len(docs.sources) == 6
    with pytest.raises(ConfigError, match="expected data and documents"):
        load_inputs(config())
    with pytest.raises(ConfigError, match="one seed"):
        load_inputs(config(data={"sample": "planted", "start": "2030-02-01"}, documents="planted"))
    us5 = config(data={"sample": "us5", "adjust": "total", "end": "2000-06-30"}, documents=["fomc", "market"])
    assert load_inputs(us5)[1].sources == ("fomc", "market")
