"""A ledger that drops what was answered for gives the same answers from then on."""

from __future__ import annotations

import numpy as np
import pytest

from quantrl.errors import LedgerError
from quantrl.selection.forgetful import ForgetfulLedger
from quantrl.selection.ledger import Ledger


def day(ledger: Ledger, t: int, agents: int = 3) -> None:
    ledger.append(
        {
            "agent": [f"a{k}" for k in range(agents)],
            "decided": 10 * t,
            "effective": 10 * t + 1,
            "matured": 10 * t + 11,
            "gross": np.arange(agents) / 100 + t / 1e4,
        }
    )


def both(days: int) -> tuple[Ledger, ForgetfulLedger]:
    whole, short = Ledger(["a0", "a1", "a2"], overlap=1), ForgetfulLedger(["a0", "a1", "a2"], overlap=1)
    for t in range(days):
        for ledger in (whole, short):
            day(ledger, t)
            ledger.as_of(10 * t + 5)
        short.forget(10 * t + 5)
    return whole, short


def test_answers_after_it_are_those_of_one_that_keeps_all() -> None:
    whole, short = both(50)
    now = 10 * 50 + 5
    mine, theirs = short.as_of(now), whole.as_of(now)
    since = 10 * 49 + 5
    assert mine.delta(since).rows.tobytes() == theirs.delta(since).rows.tobytes()
    assert len(mine.delta(since).rows) == 3
    assert (mine.n_rows, mine.agents, mine.newest_matured) == (
        theirs.n_rows,
        theirs.agents,
        theirs.newest_matured,
    )
    assert len(short) == len(whole) == 150
    assert len(short.rows_bytes()) * 20 < len(whole.rows_bytes())


def test_another_one_goes_on_from_what_is_left() -> None:
    _, short = both(20)
    again = ForgetfulLedger(["a0", "a1", "a2"], overlap=1)
    again.recall(short.forgotten())
    again.append_bytes(short.rows_bytes())
    for ledger in (short, again):
        day(ledger, 20)
    now = 215
    assert again.as_of(now).rows.tobytes() == short.as_of(now).rows.tobytes()
    assert again.as_of(now).n_rows == short.as_of(now).n_rows == 63
    assert again.forgotten() == short.forgotten()


def test_what_needs_every_row_is_refused() -> None:
    _, short = both(5)
    with pytest.raises(LedgerError, match="were dropped"):
        short.frame()
    with pytest.raises(LedgerError, match="keeps its rows"):
        _ = short.sha256
    with pytest.raises(LedgerError, match="rows were dropped"):
        short.as_of(3)
    with pytest.raises(LedgerError, match="expected at most"):
        short.forget(10**6)
    with pytest.raises(LedgerError, match="without a row"):
        short.recall(short.forgotten())
    with pytest.raises(LedgerError, match="this ledger forgets"):
        short.append({"agent": ["a0"], "decided": 10, "effective": 11, "matured": 10**4, "gross": 0.0})


def test_a_view_made_before_keeps_its_rows() -> None:
    _, short = both(5)
    day(short, 5)
    day(short, 6)
    view = short.as_of(71)
    short.forget(65)
    assert (len(view.rows), view.n_rows, short.as_of(71).n_rows) == (9, 21, 21)
    assert len(short.as_of(71).rows) == 3
