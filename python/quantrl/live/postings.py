"""The lines of every kind of posting: pure, balanced by construction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from quantrl.errors import InvariantError
from quantrl.live.vocabulary import (
    AGENT0,
    CASH,
    EXTERNAL,
    FEES,
    FINANCING,
    TREASURY,
    VENUE,
    asset_of,
    owner_of,
)

Line: TypeAlias = tuple[int, int, int]
"""(owner, asset, amount); asset 0 is cash in units of 1e-8, 1 + i is lots of instrument i."""
Lines: TypeAlias = tuple[Line, ...]
FILL, CROSS, DEPOSIT, TRANSFER, CHARGE = REASONS = ("fill", "cross", "deposit", "transfer", "financing")


class Share(NamedTuple):
    """One owner's part of a fill: lots, and a fee in cash units (a rebate is negative)."""

    owner: int
    lots: int
    fee: int = 0


def deposit(amount: int) -> Lines:
    """Capital from outside into the treasury."""
    return ((EXTERNAL, CASH, -amount), (TREASURY, CASH, amount))


def charge(owner: int, amount: int) -> Lines:
    """Financing paid to `owner`; negative: paid by it."""
    return ((FINANCING, CASH, -amount), (owner, CASH, amount))


def fill(inst: int, side: int, qty: int, px: int, tv: int, shares: Iterable[Share]) -> Lines:
    """A venue fill split into shares.

    Parameters
    ----------
    inst, side, qty, px : int
        Instrument, 1 or -1, lots, ticks.
    tv : int
        Cash units per lot and tick.
    shares : iterable of Share
        Lots of at least 0 that sum to `qty`.

    Raises
    ------
    InvariantError
        Shares that do not sum to `qty`, a negative one, or a side, quantity or price out of range.
    """
    asset, value = asset_of(inst), px * tv
    lines: list[Line] = []
    lots_all = fees_all = 0
    for owner, lots, fee in shares:
        if lots < 0:
            raise InvariantError(f"fill of instrument {inst}: owner {owner}: expected lots >= 0, got {lots}")
        lots_all += lots
        fees_all += fee
        lines.append((owner, CASH, -side * lots * value - fee))
        lines.append((owner, asset, side * lots))
    if lots_all != qty or qty < 1 or px < 1 or side not in (1, -1):
        raise InvariantError(
            f"fill of instrument {inst}: expected shares of {qty} >= 1 lots at a price >= 1 and side 1 or -1, "
            f"got {lots_all} at {px}, side {side}"
        )
    lines.append((VENUE, CASH, side * qty * value))
    lines.append((VENUE, asset, -side * qty))
    if fees_all:
        lines.append((FEES, CASH, fees_all))
    return tuple(lines)


def cross(inst: int, px: int, tv: int, shares: Iterable[tuple[int, int]]) -> Lines:
    """Agents trading with each other: (agent, signed lots), summing to 0.

    Raises
    ------
    InvariantError
        Lots that do not sum to 0, or a price below one tick.
    """
    asset, value = asset_of(inst), px * tv
    lines: list[Line] = []
    total = 0
    for agent, lots in shares:
        total += lots
        lines.append((owner_of(agent), CASH, -lots * value))
        lines.append((owner_of(agent), asset, lots))
    if total or px < 1:
        raise InvariantError(
            f"cross of instrument {inst}: expected a sum of 0 and a price >= 1, got {total} at {px}"
        )
    return tuple(lines)


def transfer(moves: Iterable[tuple[int, int]]) -> Lines:
    """Cash between treasury and agents: (owner, amount), summing to 0.

    Raises
    ------
    InvariantError
        I6: they do not sum to 0, or an owner holds no capital.
    """
    lines = tuple((owner, CASH, amount) for owner, amount in moves)
    if residual := sum(amount for _, _, amount in lines):
        raise InvariantError(f"I6 transfer: expected a sum of 0, got {residual}")
    for owner, _, _ in lines:
        if owner != TREASURY and owner < AGENT0:
            raise InvariantError(f"I6 transfer: expected the treasury or an agent, got owner {owner}")
    return lines
