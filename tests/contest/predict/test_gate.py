"""Judges count once they have predicted what the record did not, and not before."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from contest.trials import judged, planted_agents, rows
from quantrl.contest.evaluate.rank_ic import realised_means
from quantrl.contest.predict.ew import Ew
from quantrl.contest.predict.gate import Gate, judge_z
from quantrl.errors import DataError

RETURNS = planted_agents(3, 300)
GOOD = judged(RETURNS, 3, 0.5)
NULL = judged(RETURNS, 3, 0.0)


def test_the_slopes_minimise_what_they_should() -> None:
    n = 5
    opened, dates, t = Gate(63, n=n).opened(RETURNS, GOOD)
    assert opened
    assert dates == 300 - n - 2 - 1
    assert t > 2
    walked, z = Ew(63).walk(RETURNS), judge_z(GOOD)
    ahead = realised_means(RETURNS, n)
    pairs = [
        (ahead[tau] / walked.sd[tau - 2], walked.u[tau - 2], z[tau])
        for tau in range(4, 300 - n + 1)
        if walked.warm[tau - 2].all()
    ]
    y, s, x = (np.concatenate(part) for part in zip(*pairs, strict=True))

    def loss(b: np.ndarray) -> float:
        return float(((y - b[0] * s - b[1] * x) ** 2).sum() + 50 * ((b[0] - 1) ** 2 + b[1] ** 2))

    b = minimize(loss, [1.0, 0.0], method="BFGS", options={"gtol": 1e-9}).x
    now = Ew(63).predict(RETURNS)
    assert Gate(63, n=n).predict(RETURNS, GOOD).u == pytest.approx(b[0] * now.u + b[1] * z[-1], abs=1e-6)


def test_shut_it_changes_no_order_and_no_share() -> None:
    found, plain = Gate(63).predict(RETURNS, NULL), Ew(63).predict(RETURNS)
    assert not Gate(63).opened(RETURNS, NULL)[0]
    assert found.u / plain.u == pytest.approx(np.full(8, found.u[0] / plain.u[0]), rel=1e-12)
    assert found.u[0] / plain.u[0] > 0


def test_120_matured_dates_are_needed() -> None:
    gate = Gate(63, n=5)
    perfect = judged(RETURNS, 3, 0.99)
    first = next(days for days in range(1, 300) if gate.opened(RETURNS[:days], perfect[: days + 2])[0])
    assert first == 120 + 5 + 2 + 1, "two more until an agent is warm, and until targets mature"
    assert gate.opened(RETURNS[: first - 1], perfect[: first + 1])[1] == 119


def test_a_walk_is_every_prediction() -> None:
    gate = Gate(21, n=3)
    walked = rows(gate.walk(RETURNS, GOOD))
    for days in (1, 2, 5, 30, 130, 222, 300):
        alone = gate.predict(RETURNS[:days], GOOD[: days + 2])
        assert np.array_equal(walked[days - 1].u, alone.u, equal_nan=True)


def test_who_is_not_judged_reads_as_average() -> None:
    silent = GOOD.copy()
    silent[:, 5] = np.nan
    assert (judge_z(silent)[:, 5] == 0).all()
    assert np.isfinite(Gate().predict(RETURNS, silent).u).all()
    nobody = np.full_like(GOOD, np.nan)
    assert not Gate().opened(RETURNS, nobody)[0]
    assert (judge_z(np.full((3, 4, 2), 70.0)) == 0).all()
    assert np.array_equal(Gate(63).predict(RETURNS).u, Ew(63).predict(RETURNS).u)


def test_a_judgement_of_a_later_day_is_refused() -> None:
    with pytest.raises(DataError, match=r"expected shape \(302, 8"):
        Gate().predict(RETURNS, np.concatenate([GOOD, GOOD[-1:]]))
