"""What all scorers share, each on a ledger with absences, a newcomer, a changed agent and late rows."""

from __future__ import annotations

import json
from functools import cache

import numpy as np
import pytest

from counts import full_or
from quantrl.errors import ConfigError, LookAheadError
from quantrl.registry import members
from quantrl.selection import Ledger
from selection.score.pool import AGENTS, CHANGED, DAYS, LATE, SPARSE, columns, ledger, said, scorer

NAMES = members("quantrl.selection.score")


@cache
def made() -> Ledger:
    return ledger(columns())


ORDER = np.random.default_rng(5).permutation(AGENTS)


@cache
def renamed() -> Ledger:
    return ledger(columns(order=ORDER))


@cache
def daily(name: str) -> tuple[bytes, ...]:
    """What it says day after day, uninterrupted."""
    one, views = scorer(name), []
    for day in range(DAYS + 1):
        one.update(made().as_of(day))
        views.append(said(one))
    return tuple(views)


@pytest.mark.parametrize("name", NAMES)
def test_one_view_or_many_say_the_same(name: str) -> None:
    once = scorer(name)
    once.update(made().as_of(DAYS))
    assert said(once) == daily(name)[-1]


@pytest.mark.parametrize("name", NAMES)
def test_restarted_it_goes_on_as_if_nothing_had_happened(name: str) -> None:
    days = np.random.default_rng(1).choice(DAYS, full_or(20, 4), replace=False).tolist()
    one = scorer(name)
    at = 0
    for day in sorted({*days, CHANGED[1], DAYS}):
        for now in range(at, day + 1):
            one.update(made().as_of(now))
            if now == day:
                assert said(one) == daily(name)[now]
        state = json.loads(json.dumps(one.state_dict(), allow_nan=False))
        one = scorer(name)
        one.load_state_dict(state)
        assert one.state_dict() == state
        assert said(one) == daily(name)[day]
        at = day + 1


@pytest.mark.parametrize("name", NAMES)
def test_who_is_ready_and_what_counts(name: str) -> None:
    """Absences are masked, not filled: a sparse agent is judged on the rounds it acted in; a changed agent starts anew."""
    one = scorer(name)
    one.update(made().as_of(DAYS))
    frame, rounds = one.scores(), columns()
    acted = np.zeros(AGENTS, dtype=np.int64)
    for rows in rounds:
        acted[rows["agent"]] += rows["acted"]
    acted[CHANGED[0]] = DAYS - CHANGED[1]
    np.testing.assert_array_equal(frame.acted, acted)
    assert frame.age.tolist() == [
        DAYS - (20 if i == LATE else CHANGED[1] if i == CHANGED[0] else 0) for i in range(AGENTS)
    ]
    assert (frame.share[list(SPARSE)] < 0.6).all()
    silent = [0, 1] if name == "proper_score" else []
    expected = [i not in (CHANGED[0], *silent) for i in range(AGENTS)]
    np.testing.assert_array_equal(frame.ready, expected)
    assert np.isfinite(frame.mean[frame.ready]).all()
    assert np.isnan(frame.mean[~frame.ready]).all()
    assert (frame.sd[frame.ready] >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_ids_are_only_names(name: str) -> None:
    plain, other = scorer(name), scorer(name)
    plain.update(made().as_of(DAYS))
    other.update(renamed().as_of(DAYS))
    for column in ("mean", "sd", "psr_abs", "scale", "ready"):
        found, expected = getattr(other.scores(), column)[ORDER], getattr(plain.scores(), column)
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9, err_msg=column)


@pytest.mark.parametrize("name", NAMES)
def test_late_rows_are_told_and_change_nothing(name: str) -> None:
    late = ledger(columns(80))
    one = scorer(name)
    one.update(late.as_of(80))
    before = said(one)
    times = {"decided": 30, "effective": 30, "matured": 31, "recorded": 90}
    late.append({"agent": ["a3"], **times, "gross": 0.5})
    found = one.update(late.as_of(90))
    assert found.rounds == ()
    assert "correction of a3" in found.warnings[0]
    assert said(one) == before
    with pytest.raises(LookAheadError, match="90 or later"):
        one.update(late.as_of(89))
    assert said(one) == before


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_state_loads_nothing(name: str) -> None:
    one = scorer(name)
    one.update(made().as_of(70))
    state = json.loads(json.dumps(one.state_dict()))
    for key in state:
        for wrong in ({**state, key: "x"}, {k: v for k, v in state.items() if k != key}):
            with pytest.raises(ConfigError, match="state"):
                one.load_state_dict(wrong)
    other = scorer(name)
    other.update(ledger(columns(3)).as_of(1))
    mixed = {**other.state_dict(), "core": state["core"], "versions": state["versions"]}
    if set(mixed) - {"version", "seen", "folded", "open", "versions", "core"}:
        with pytest.raises(ConfigError, match="damaged"):
            one.load_state_dict(mixed)
    assert one.state_dict() == state


@pytest.mark.parametrize("name", NAMES)
def test_a_round_whose_rows_came_one_after_the_other(name: str) -> None:
    """What is known together is scored together, in whatever order the rows reached the ledger."""
    rounds = columns(80)
    split = ledger(rounds[:-1])
    last = {column: np.asarray(values) for column, values in rounds[-1].items()}
    first = np.arange(AGENTS) >= 5
    for part, recorded in ((first, 80), (~first, 81)):
        mine = {column: values[part] if values.ndim else int(values) for column, values in last.items()}
        split.append({**mine, "recorded": recorded})
    one, two = scorer(name), scorer(name)
    one.update(ledger(rounds).as_of(79))
    two.update(split.as_of(79))
    expected, found = one.update(ledger(rounds).as_of(90)), two.update(split.as_of(90))
    assert found.rounds[0].agent.tolist() == list(range(AGENTS))
    assert found.rounds[0].x.tobytes() == expected.rounds[0].x.tobytes()
    assert said(two) == said(one)


@pytest.mark.parametrize("name", NAMES)
def test_of_two_versions_in_one_round_the_newer_counts(name: str) -> None:
    made = ledger([{**columns(1)[0], "gross": np.linspace(-0.01, 0.01, LATE), "acted": 1}])
    rows = {
        "agent": [3],
        "version": 1,
        "decided": 0,
        "effective": 0,
        "matured": 1,
        "recorded": 2,
        "gross": 0.04,
    }
    made.append(rows)
    one = scorer(name)
    (found,) = one.update(made.as_of(5)).rounds
    assert found.agent.tolist() == list(range(LATE))
    assert found.net[3] == 0.04
