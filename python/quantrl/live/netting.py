"""From what agents want to one order an instrument, and from a fill back to agents; whole lots throughout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from quantrl.live.apportion import apportion, apportion_signed
from quantrl.live.postings import Share
from quantrl.live.vocabulary import HOLD, PPB


class Want(NamedTuple):
    """One agent and one instrument: what is wanted (ppb of equity or HOLD), held, and owed by open orders (lots)."""

    agent: int
    weight_ppb: int
    equity: int
    position: int
    owed: int


class Leg(NamedTuple):
    """What one instrument does at one time.

    `crossed` (agent, signed lots) sum to 0 and trade inside; `side`, `qty` and `shares` (agent, lots) are the order to the
    venue, `qty` 0 = none.
    """

    inst: int
    crossed: tuple[tuple[int, int], ...]
    side: int
    qty: int
    shares: tuple[tuple[int, int], ...]


def target_lots(weight_ppb: int, equity: int, px: int, tv: int) -> int:
    """Whole lots of a weight, toward zero; 0 where there is no equity or no price."""
    if equity <= 0 or px <= 0:
        return 0
    lots = abs(weight_ppb) * equity // (PPB * px * tv)
    return lots if weight_ppb >= 0 else -lots


def delta(want: Want, px: int, tv: int) -> int:
    """Lots an agent is short of its target, over what it has and is owed; HOLD and no price ask for nothing."""
    if want.weight_ppb == HOLD or px <= 0:
        return 0
    return target_lots(want.weight_ppb, want.equity, px, tv) - (want.position + want.owed)


def reduced(position: int, lots: int) -> int:
    """As much of signed `lots` as brings `position` toward zero, never past it."""
    if position > 0:
        return max(-position, min(0, lots))
    return min(-position, max(0, lots))


def net(
    inst: int,
    deltas: Mapping[int, int],
    *,
    allow_agent: Callable[[int, int], bool] | None = None,
    allow_account: Callable[[int], bool] | None = None,
    limit: int | None = None,
) -> Leg | None:
    """One leg from the deltas of all agents; their order does not matter.

    Parameters
    ----------
    deltas : mapping of agent to int
        Signed lots.
    allow_agent : callable (agent, lots) -> bool, optional
        Agent-level gates; a refused agent asks for nothing.
    allow_account : callable (lots) -> bool, optional
        Account-level gates on the sum; a refusal drops the whole leg, crosses too.
    limit : int, optional
        Position of the account (with what is owed to it), where the order may only reduce it: it is clipped there.

    Returns
    -------
    Leg or None
        None: nothing to do, or refused.
    """
    kept = [
        (agent, lots)
        for agent, lots in sorted(deltas.items())
        if lots and (allow_agent is None or allow_agent(agent, lots))
    ]
    whole = sum(lots for _, lots in kept)
    if limit is not None:
        whole = reduced(limit, whole)
    if not kept or (allow_account is not None and not allow_account(whole)):
        return None
    buys = [(agent, lots) for agent, lots in kept if lots > 0]
    sells = [(agent, -lots) for agent, lots in kept if lots < 0]
    size = min(sum(lots for _, lots in buys), sum(lots for _, lots in sells))
    bought, sold = _part(size, buys), _part(size, sells)
    crossed = sorted([*bought, *((agent, -lots) for agent, lots in sold)])
    side = (whole > 0) - (whole < 0)
    larger, inside = (buys, bought) if side > 0 else (sells, sold)
    rest = [(agent, lots - dict(inside).get(agent, 0)) for agent, lots in larger] if side else []
    leg = Leg(inst, tuple(crossed), side, abs(whole), tuple(_part(abs(whole), rest)))
    return leg if leg.crossed or leg.qty else None


def mid(bid: int, ask: int) -> int:
    """The middle of two prices in ticks; half a tick goes to the even one."""
    low, half = divmod(bid + ask, 2)
    return low + (half and low % 2)


def saved_fee(crossed: Iterable[tuple[int, int]], px: int, fee: Callable[[int, int], int]) -> int:
    """What the venue would have charged the crossing agents, by ``fee(lots, px)``, cash units."""
    return sum(fee(abs(lots), px) for _, lots in crossed)


def share_fill(qty: int, fee: int, owed: Sequence[tuple[int, int]]) -> tuple[Share, ...]:
    """Split a fill by largest remainder over what each owner is still owed; ties go to the earlier.

    Parameters
    ----------
    qty : int
        At most what is owed in all.
    fee : int
        Cash units of either sign, split by the lots each gets.
    owed : sequence of (owner, lots)
        In order of owner.

    Returns
    -------
    tuple of Share
        Those with lots; exact sums, never more than owed.
    """
    lots = apportion(qty, [amount for _, amount in owed])
    fees = apportion_signed(fee, lots)
    return tuple(
        Share(owner, part, charge) for (owner, _), part, charge in zip(owed, lots, fees, strict=True) if part
    )


def _part(qty: int, entries: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    shares = apportion(qty, [lots for _, lots in entries])
    return [(agent, lots) for (agent, _), lots in zip(entries, shares, strict=True) if lots]
