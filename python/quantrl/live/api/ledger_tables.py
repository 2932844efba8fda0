"""What is held, who owns it and how it came about, as the API tells them."""

from __future__ import annotations

from typing import Any

from quantrl.live import events as ev
from quantrl.live.api.amounts import Names, cash
from quantrl.live.api.book_tables import marks_of, names_of
from quantrl.live.api.mirror import Mirror
from quantrl.live.events import KIND_OF, decode
from quantrl.live.postings import TRANSFER
from quantrl.live.view import ints_of
from quantrl.live.vocabulary import AGENT0, CASH, FEES, VENUE

_POSTING, _TRANSFER, _SEAL = (KIND_OF[one] for one in (ev.Posting, ev.Transfer, ev.Seal))


def positions(mirror: Mirror) -> dict[str, Any]:
    """What is held by instrument, and what every owner has."""
    names = names_of(mirror)
    marks = marks_of(mirror, len(names.symbols))
    held: dict[int, dict[int, int]] = {}
    for owner, asset, amount in mirror.read("SELECT owner, asset, amount FROM balance WHERE amount <> 0"):
        held.setdefault(owner, {})[asset] = amount
    before = mirror.read("SELECT close FROM price ORDER BY bar DESC LIMIT 1 OFFSET 1")
    last = ints_of(before[0][0]) if before else [0] * len(marks)
    rows = []
    for inst, symbol in enumerate(names.symbols):
        lots = -held.get(VENUE, {}).get(inst + 1, 0)
        unit = names.tv[inst]
        owners = [
            {"owner": names.owner(owner), "lots": str(own[inst + 1])}
            for owner, own in sorted(held.items())
            if owner != VENUE and own.get(inst + 1)
        ]
        rows.append(
            {
                "instrument": symbol,
                "lots": str(lots),
                "mark": names.price(inst, marks[inst]),
                "worth": cash(lots * marks[inst] * unit),
                "change": cash(lots * (marks[inst] - last[inst]) * unit if last[inst] else 0),
                "owners": owners,
            }
        )
    owners = [_owner(names, marks, owner, own) for owner, own in sorted(held.items())]
    seals = mirror.read(
        "SELECT seq, ts, payload FROM event WHERE kind = ? ORDER BY seq DESC LIMIT 1", (_SEAL,)
    )
    breaches = mirror.read("SELECT count(*), ifnull(sum(breaches), 0) FROM bar")
    sums = mirror.read("SELECT asset FROM balance GROUP BY asset HAVING sum(amount) <> 0")
    seal = (
        {"seq": str(seals[0][0]), "ts": str(seals[0][1]), "head": decode(_SEAL, seals[0][2]).head.hex()}
        if seals
        else None
    )
    return {
        "rows": rows,
        "owners": owners,
        "seal": seal,
        "invariants": {
            "bars": breaches[0][0],
            "breaches": int(breaches[0][1]),
            "unbalanced_assets": len(sums),
        },
        "seq": str(mirror.head),
    }


def postings(mirror: Mirror, cursor: int | None, limit: int) -> dict[str, Any]:
    """Events that moved money or lots, the newest first, each with all of its lines."""
    names = names_of(mirror)
    found = mirror.read(
        "SELECT seq, ord, ts, kind, cause, payload FROM event WHERE kind IN (?, ?) AND seq < ? ORDER BY seq DESC LIMIT ?",
        (_POSTING, _TRANSFER, cursor or 2**62, limit),
    )
    rows = []
    for seq, ord, ts, kind, cause, payload in found:
        values = decode(kind, payload)
        lines = [
            {
                "owner": names.owner(owner),
                "asset": "cash" if asset == CASH else names.symbol(asset - 1),
                "cash": cash(amount) if asset == CASH else None,
                "lots": None if asset == CASH else str(amount),
            }
            for owner, asset, amount in values.lines
        ]
        reason = values.reason if kind == _POSTING else TRANSFER
        rows.append(
            {
                "seq": str(seq),
                "ord": str(ord),
                "ts": str(ts),
                "cause": str(cause),
                "reason": reason,
                "lines": lines,
            }
        )
    return {"rows": rows, "next": str(found[-1][0]) if len(found) == limit else None}


def _owner(names: Names, marks: list[int], owner: int, own: dict[int, int]) -> dict[str, Any]:
    worth = sum(lots * marks[asset - 1] * names.tv[asset - 1] for asset, lots in own.items() if asset > 0)
    free = own.get(CASH, 0)
    ours = owner >= AGENT0 or owner not in (VENUE, FEES)
    return {
        "owner": names.owner(owner),
        "ours": ours,
        "cash": cash(free),
        "worth": cash(worth),
        "equity": cash(free + worth),
    }
