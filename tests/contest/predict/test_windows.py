"""Training rows hold what was known and what could be acted on, and an off-by-one is caught."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from quantrl.contest.predict import Predictor
from quantrl.contest.predict.ew import Ew
from quantrl.contest.predict.momentum import Momentum
from quantrl.contest.predict.ridge5 import Ridge5
from quantrl.contest.predict.windows import Windows, check_matured, latest, training
from quantrl.errors import ConfigError, LookAheadError

DAYS = np.arange(40.0)[:, None] + np.array([0.0, 100.0])


def test_day_10_sees_days_4_to_8_and_learns_up_to_row_6() -> None:
    t, m, n = 10, 5, 3
    matured = DAYS[: t - 1]
    assert latest(matured, m)[0].tolist() == [4, 5, 6, 7, 8]
    found = training(matured, m, n)
    assert found.days.tolist() == [6]
    assert found.past[-1, 0].tolist() == [0, 1, 2, 3, 4]
    assert found.ahead[-1, 0].tolist() == [6, 7, 8]


Training = Callable[..., Windows]


def by_definition(found: Windows, matured: int, m: int, n: int, delay: int) -> bool:
    """Whether the rows are those of the clock: all of them, knowing days up to tau-delay, learning tau..tau+n-1."""
    expected = [tau for tau in range(60) if tau - delay - m + 1 >= 0 and tau + n - 1 < matured]
    return found.days.tolist() == expected and all(
        found.past[row, 1].tolist() == [100 + s for s in range(tau - delay - m + 1, tau - delay + 1)]
        and found.ahead[row, 1].tolist() == [100 + s for s in range(tau, tau + n)]
        for row, tau in enumerate(expected)
    )


@pytest.mark.parametrize("m", [1, 5, 10])
@pytest.mark.parametrize("n", [1, 3, 5])
@pytest.mark.parametrize("delay", [1, 2, 3])
def test_every_row_by_its_definition(m: int, n: int, delay: int) -> None:
    for matured in (0, 4, 11, 40):
        assert by_definition(training(DAYS[:matured], m, n, delay=delay), matured, m, n, delay)


def knows_a_day_more(scores: np.ndarray, m: int, n: int, *, delay: int = 2) -> Windows:
    """Planted: the features end the day before the decision, whose score has not matured."""
    return training(scores, m, n, delay=delay - 1)


def learns_a_day_early(scores: np.ndarray, m: int, n: int, *, delay: int = 2) -> Windows:
    """Planted: the target begins the day before the decision, on which it can no longer act."""
    found = training(scores, m, n, delay=delay)
    earlier = np.concatenate(
        [scores[found.days - 1].T[..., None].swapaxes(0, 1), found.ahead[..., :-1]], axis=-1
    )
    return Windows(found.days, found.past, earlier)


def one_row_too_many(scores: np.ndarray, m: int, n: int, *, delay: int = 2) -> Windows:
    """Planted: the newest row has a target that matures a day after the decision."""
    return training(np.concatenate([scores, scores[-1:]]), m, n, delay=delay)


@pytest.mark.parametrize("wrong", [knows_a_day_more, learns_a_day_early, one_row_too_many])
def test_an_off_by_one_is_caught(wrong: Training) -> None:
    assert by_definition(training(DAYS[:20], 5, 3), 20, 5, 3, 2)
    assert not by_definition(wrong(DAYS[:20], 5, 3), 20, 5, 3, 2)


def test_the_first_days_are_missing() -> None:
    assert latest(DAYS[:2], 5)[1].tolist()[3:] == [100, 101]
    assert np.isnan(latest(DAYS[:2], 5)[:, :3]).all()


def test_refused() -> None:
    with pytest.raises(ConfigError, match="expected 1 day"):
        training(DAYS, 5, 0)


def test_the_clock_catches_a_trainer_that_is_off_by_one() -> None:
    hour = 3_600_000_000_000
    decides = np.arange(60) * 24 * hour
    matured_at = (np.arange(60) + 1) * 24 * hour + 7 * hour
    for t in range(12, 40):
        known = int((matured_at <= decides[t]).sum())
        assert known == t - 1
        check_matured(training(DAYS[:known], 5, 3), matured_at, int(decides[t]))
        with pytest.raises(LookAheadError, match=f"row of day {t - 3} with 3 target days"):
            check_matured(one_row_too_many(DAYS[:known], 5, 3), matured_at, int(decides[t]))
    with pytest.raises(LookAheadError):
        check_matured(training(DAYS, 5, 3), matured_at[:39], int(decides[59]))


def test_a_score_of_the_day_between_would_show() -> None:
    """In scores without memory u tells nothing of the day before the decision, unless it was fed that day."""
    scores = np.random.default_rng(9).normal(size=(900, 8))
    u = Ew(5.0).walk(scores).u

    def ic(known: int) -> float:
        days = range(120, 900)
        return float(np.mean([np.corrcoef(u[t - known], scores[t - 1])[0, 1] for t in days]))

    assert abs(ic(2)) < 0.05
    assert ic(1) > 0.2


@pytest.mark.parametrize("predictor", [Ew(21), Momentum(5), Ridge5(3)], ids=["ew", "momentum", "ridge5"])
def test_a_predictor_depends_on_what_it_is_given_alone(predictor: Predictor) -> None:
    scores = np.random.default_rng(4).normal(size=(120, 5))
    first = predictor.predict(scores[:90]).u
    predictor.predict(scores)
    assert np.array_equal(predictor.predict(scores[:90]).u, first)
