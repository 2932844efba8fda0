"""An order nobody knows the fate of: when it is asked for, sent again, given up or quarantined."""

from __future__ import annotations

from itertools import product

import pytest

from quantrl.live.resolution import Act, Action, Answers, Doubt, Found, Patience, resolve
from quantrl.live.vocabulary import SECOND

PATIENCE = Patience(visibility_ns=SECOND // 2)
DOUBT = Doubt(decided=0, since=10 * SECOND, cum=0, attempts=0)
GONE = Answers(11 * SECOND, Found.NO, Found.NO, Found.NO)


def test_questions_come_at_1_2_and_4_seconds_and_then_a_person_does() -> None:
    waits = [resolve(DOUBT._replace(attempts=n), None, 10 * SECOND, PATIENCE) for n in range(4)]
    assert waits == [
        Action(Act.QUERY, 11 * SECOND),
        Action(Act.QUERY, 12 * SECOND),
        Action(Act.QUERY, 14 * SECOND),
        Action(Act.QUARANTINE, 10 * SECOND),
    ]


def test_a_wait_is_never_shorter_than_the_visibility_delay() -> None:
    slow = Patience(visibility_ns=3 * SECOND)
    assert resolve(DOUBT, None, 10 * SECOND, slow).at == 13 * SECOND


@pytest.mark.parametrize("where", ["by_id", "open_orders", "fills"])
def test_found_anywhere_is_adopted(where: str) -> None:
    assert resolve(DOUBT, GONE._replace(**{where: Found.YES}), 11 * SECOND, PATIENCE).act == Act.ADOPT


@pytest.mark.parametrize(("now", "act"), [(30 * SECOND - 1, Act.RESEND), (30 * SECOND, Act.CANCEL_NOT_SENT)])
def test_gone_is_sent_again_while_young(now: int, act: Act) -> None:
    assert resolve(DOUBT, GONE, now, PATIENCE).act == act


@pytest.mark.parametrize(("asked", "act"), [(-1, Act.QUERY), (0, Act.RESEND), (1, Act.RESEND)])
def test_not_found_before_the_visibility_delay_proves_nothing(asked: int, act: Act) -> None:
    answers = GONE._replace(asked=DOUBT.since + PATIENCE.visibility_ns + asked)
    assert resolve(DOUBT, answers, 12 * SECOND, PATIENCE).act == act


def test_gone_with_fills_is_a_contradiction() -> None:
    assert resolve(DOUBT._replace(cum=1), GONE, 11 * SECOND, PATIENCE).act == Act.QUARANTINE


def test_a_venue_without_ids_must_deny_twice() -> None:
    blind = Patience(by_id=False)
    silent = GONE._replace(by_id=Found.SILENT)
    assert resolve(DOUBT, silent, 12 * SECOND, blind).act == Act.RESEND
    assert resolve(DOUBT, silent._replace(fills=Found.SILENT), 12 * SECOND, blind).act == Act.QUERY


def test_every_set_of_answers_is_safe() -> None:
    """Sent again only if nothing was found, it was denied, asked late enough, young and never filled."""
    for by_id, resting, fills, asked, cum, attempts, now, lookup in product(
        Found, Found, Found, (10, 11), (0, 2), range(4), (12, 29, 31), (True, False)
    ):
        patience = Patience(visibility_ns=SECOND, by_id=lookup)
        doubt = DOUBT._replace(cum=cum, attempts=attempts)
        answers = Answers(asked * SECOND, by_id, resting, fills)
        act = resolve(doubt, answers, now * SECOND, patience).act
        if act in (Act.RESEND, Act.CANCEL_NOT_SENT):
            assert Found.YES not in (by_id, resting, fills)
            assert asked == 11
            assert cum == 0
            assert by_id == Found.NO if lookup else (resting, fills) == (Found.NO, Found.NO)
            assert (act == Act.RESEND) == (now < 30)
        if Found.YES in (by_id, resting, fills):
            assert act == Act.ADOPT
