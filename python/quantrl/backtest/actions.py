"""What a strategy wants: limit and market orders, amends, cancels, as rows of 32 bytes. Prices are ticks, sizes lots."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from quantrl.errors import OrderError

#: One action in an array for `TickBatch`; `op` 0 is none.
ACTION = np.dtype(
    {
        "names": ["op", "side", "tif", "flags", "instr", "ref", "tick", "qty"],
        "formats": ["u1", "u1", "u1", "u1", "<u2", "<u8", "<i8", "<i8"],
        "offsets": [0, 1, 2, 3, 4, 8, 16, 24],
        "itemsize": 32,
    }
)
#: Numbers of `op`.
OPS = {
    name: number
    for number, name in enumerate(
        ("none", "limit", "market", "amend", "cancel", "cancel_all", "cancel_every")
    )
}
SIDES = {"buy": 0, "sell": 1}
LIFETIMES = {"gtc": 0, "ioc": 1, "fok": 2}
POST_ONLY = 1
_ROW = struct.Struct("<BBBBHxxQqq")


class Action(NamedTuple):
    """One wish; the functions of this module make them."""

    op: int
    side: int = 0
    tif: int = 0
    flags: int = 0
    instr: int = 0
    ref: int = 0
    tick: int = 0
    qty: int = 0


def limit(
    side: str, tick: int, qty: int, *, tif: str = "gtc", post_only: bool = False, instr: int = 0
) -> Action:
    """A limit order of `qty` lots; with `post_only` it is refused where it would take.

    Raises
    ------
    OrderError
        An unknown side or lifetime.
    """
    flags = POST_ONLY if post_only else 0
    return Action(
        OPS["limit"], _known("side", side, SIDES), _known("tif", tif, LIFETIMES), flags, instr, 0, tick, qty
    )


def market(side: str, qty: int, *, tif: str = "ioc", instr: int = 0) -> Action:
    """A market order; what cannot be filled at once ends."""
    return Action(
        OPS["market"], _known("side", side, SIDES), _known("tif", tif, LIFETIMES), 0, instr, 0, 0, qty
    )


def amend(ref: int, tick: int, qty: int) -> Action:
    """Another price and other *open* lots for a live order."""
    return Action(OPS["amend"], ref=ref, tick=tick, qty=qty)


def cancel(ref: int) -> Action:
    """The end of a live order."""
    return Action(OPS["cancel"], ref=ref)


def cancel_all(instr: int | None = None) -> Action:
    """The end of every order, of one instrument or of all, that has not been asked to end."""
    return Action(OPS["cancel_every"]) if instr is None else Action(OPS["cancel_all"], instr=instr)


def packed(wishes: Iterable[Action]) -> bytes:
    """Rows of `ACTION`.

    Raises
    ------
    OrderError
        A number that does not fit, by its place.
    """
    rows = []
    for at, wish in enumerate(wishes):
        try:
            rows.append(_ROW.pack(*wish))
        except (struct.error, TypeError) as error:
            raise OrderError(
                f"action {at}: expected whole numbers of 64 bits, got {wish} ({error})"
            ) from None
    return b"".join(rows)


def _known(field: str, name: str, table: dict[str, int]) -> int:
    if name not in table:
        raise OrderError(f"{field}: expected one of {', '.join(table)}, got {name!r}")
    return table[name]
