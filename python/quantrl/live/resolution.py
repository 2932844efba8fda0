"""What to do about an order nobody knows the fate of; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from quantrl.live.vocabulary import SECOND


class Found(IntEnum):
    """What one question to the venue came back with; SILENT: no answer, or no such question there."""

    NO = 0
    YES = 1
    SILENT = 2


class Answers(NamedTuple):
    """One round of questions: by client id, among open orders, among fills since the last known; and when asked."""

    asked: int
    by_id: Found = Found.SILENT
    open_orders: Found = Found.SILENT
    fills: Found = Found.SILENT


class Doubt(NamedTuple):
    """An UNKNOWN order: when it was decided, the latest time it may have been sent, lots filled, rounds asked."""

    decided: int
    since: int
    cum: int
    attempts: int


class Act(IntEnum):
    """ADOPT: feed what the venue said as reports. The others do what they say."""

    QUERY = 0
    ADOPT = 1
    RESEND = 2
    CANCEL_NOT_SENT = 3
    QUARANTINE = 4


class Action(NamedTuple):
    """What to do, and not before which time."""

    act: Act
    at: int


@dataclass(frozen=True)
class Patience:
    """How long to doubt.

    Parameters
    ----------
    ttl_ns : int
        An order this old is not sent again.
    visibility_ns : int
        How long after a send the venue may still answer "not found".
    waits_ns : tuple of int
        When the rounds of questions start, from the send.
    by_id : bool
        Whether the venue finds orders by client id.
    """

    ttl_ns: int = 30 * SECOND
    visibility_ns: int = 0
    waits_ns: tuple[int, ...] = (SECOND, 2 * SECOND, 4 * SECOND)
    by_id: bool = True


def resolve(doubt: Doubt, answers: Answers | None, now: int, patience: Patience) -> Action:
    """The next step for an UNKNOWN order.

    Parameters
    ----------
    answers : Answers, optional
        The last round of questions; None before the first.
    now : int
        ns UTC.

    Notes
    -----
    Sent again only when the venue, asked late enough, definitely does not have it, nothing of it was ever filled, and it
    is younger than its time to live: at most one of it can ever trade.
    """
    if answers is not None and Found.YES in answers[1:]:
        return Action(Act.ADOPT, now)
    if answers is not None and _gone(answers, doubt, patience):
        if doubt.cum > 0:
            return Action(Act.QUARANTINE, now)
        young = now - doubt.decided < patience.ttl_ns
        return Action(Act.RESEND if young else Act.CANCEL_NOT_SENT, now)
    if doubt.attempts >= len(patience.waits_ns):
        return Action(Act.QUARANTINE, now)
    wait = max(patience.waits_ns[doubt.attempts], patience.visibility_ns)
    return Action(Act.QUERY, max(now, doubt.since + wait))


def _gone(answers: Answers, doubt: Doubt, patience: Patience) -> bool:
    if answers.asked < doubt.since + patience.visibility_ns:
        return False
    if patience.by_id:
        return answers.by_id == Found.NO
    return answers.open_orders == Found.NO and answers.fills == Found.NO
