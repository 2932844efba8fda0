"""Capital to the agents that a round chose: whole cash units, nothing created, no balance below zero."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from quantrl.errors import ConfigError
from quantrl.live.apportion import apportion
from quantrl.live.vocabulary import PPM, TREASURY, owner_of

_SLACK = Fraction(1, 10**9)


class Account(NamedTuple):
    """One agent when a round is settled.

    Parameters
    ----------
    agent : int
    ppm : int
        Share of the whole that the round gives it.
    capital, free : int
        Its equity, and its cash that no open order may take; cash units.
    since_funded : int, optional
        Rounds since it last got capital; None = never.
    evicted : bool
        Put out by a gate, not merely ranked lower.
    """

    agent: int
    ppm: int
    capital: int
    free: int
    since_funded: int | None = None
    evicted: bool = False


@dataclass(frozen=True)
class Terms:
    """How fast capital moves.

    Parameters
    ----------
    vesting_pct : int
        A rise is at most this part of the target a round.
    quiet_rounds : int
        No cut within this many rounds of funding, unless evicted.
    dead_band_pct : int
        A change smaller than this part of the whole is none.
    """

    vesting_pct: int = 25
    quiet_rounds: int = 5
    dead_band_pct: int = 1


class Settlement(NamedTuple):
    """`moves` (owner, amount) sum to 0; `due` (agent, amount) is still to be freed by donors."""

    moves: tuple[tuple[int, int], ...]
    due: tuple[tuple[int, int], ...]


_TERMS = Terms()


def to_ppm(weights: Sequence[float]) -> list[int]:
    """Weights as parts per million: each rounded half to even, the sum never over a million.

    Parameters
    ----------
    weights : (A,) float
        In [0, 1], with a sum of at most 1 + 1e-9.

    Raises
    ------
    ConfigError
        A weight or a sum out of range; NaN.
    """
    for place, weight in enumerate(weights):
        if not (math.isfinite(weight) and 0 <= weight <= 1 + 1e-9):
            raise ConfigError(f"weights[{place}]: expected a number in [0, 1], got {weight!r}")
    exact = [Fraction(weight) * PPM for weight in weights]
    if sum(exact) > PPM * (1 + _SLACK):
        raise ConfigError(f"weights: expected a sum of at most 1, got {float(sum(exact) / PPM)!r}")
    parts = [round(part) for part in exact]
    raised = sorted(range(len(parts)), key=lambda place: (exact[place] - parts[place], -place))
    for place in raised[: max(0, sum(parts) - PPM)]:
        parts[place] -= 1
    return parts


def reallocate(accounts: Iterable[Account], whole: int, treasury: int, terms: Terms = _TERMS) -> Settlement:
    """Who gives and who gets.

    Parameters
    ----------
    accounts : iterable of Account
        In any order.
    whole : int
        Equity of the whole book; targets are parts of it.
    treasury : int
        Free cash of the treasury.

    Notes
    -----
    Donors give what they have free, the rest is due. Receivers share it and the treasury's cash by largest remainder of
    what they need. The dead band asks about the change wanted, before vesting slows it.
    """
    ordered = sorted(accounts)
    changes = [(account, _change(account, whole, terms)) for account in ordered]
    given = {a.agent: min(-change, max(0, a.free)) for a, change in changes if change < 0}
    due = tuple((a.agent, -change - given[a.agent]) for a, change in changes if change < 0)
    needs = [(a.agent, change) for a, change in changes if change > 0]
    pot = sum(given.values()) + max(0, treasury)
    wanted = sum(need for _, need in needs)
    got = apportion(min(pot, wanted), [need for _, need in needs])
    moves = [(owner_of(agent), -amount) for agent, amount in given.items()]
    moves += [(owner_of(agent), amount) for (agent, _), amount in zip(needs, got, strict=True)]
    moves.append((TREASURY, -sum(amount for _, amount in moves)))
    return Settlement(
        tuple(sorted(move for move in moves if move[1])), tuple(entry for entry in due if entry[1])
    )


def sweep(due: Iterable[tuple[int, int]], free: Sequence[int]) -> Settlement:
    """What donors can give of what is due by now, into the treasury.

    Parameters
    ----------
    due : iterable of (agent, amount)
    free : (A,) int
        Cash of each agent that no open order may take.
    """
    due = tuple(sorted(due))
    paid = {agent: min(amount, max(0, free[agent])) for agent, amount in due}
    moves = [(TREASURY, sum(paid.values())), *((owner_of(agent), -amount) for agent, amount in paid.items())]
    rest = tuple((agent, amount - paid[agent]) for agent, amount in due)
    return Settlement(tuple(move for move in moves if move[1]), tuple(entry for entry in rest if entry[1]))


def _change(account: Account, whole: int, terms: Terms) -> int:
    if whole <= 0:
        return 0
    target = whole * account.ppm // PPM
    change = target - account.capital
    if abs(change) * 100 < whole * terms.dead_band_pct:
        return 0
    if change > 0:
        return min(change, target * terms.vesting_pct // 100)
    recent = account.since_funded is not None and account.since_funded <= terms.quiet_rounds
    return 0 if recent and not account.evicted else change
