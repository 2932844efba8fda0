"""Orders, fills, events and the trade in one instrument, as the API tells them."""

from __future__ import annotations

from typing import Any

from quantrl.live import events as ev
from quantrl.live.api.amounts import Names, cash, side
from quantrl.live.api.book_tables import names_of, values_of
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.refusals import Refusal
from quantrl.live.events import KIND_OF, KINDS, decode
from quantrl.live.view import ints_of
from quantrl.live.vocabulary import VENUE, OrderState, Tif

_ORDER = (
    "SELECT a.seq, a.ord, a.ts, a.cause, a.changed, a.reason, o.client_id, o.inst, o.side, o.qty, o.px, o.tif, o.state,"
    " o.cum FROM order_at a JOIN orders o USING(client_id)"
)
_FILL = KIND_OF[ev.Fill]
_OPEN = tuple(int(one) for one in (OrderState.INTENT, OrderState.SENT, OrderState.ACKED, OrderState.PARTIAL))
_LIFE = 500


def orders(
    mirror: Mirror, cursor: int | None, limit: int, state: str | None, inst: str | None
) -> dict[str, Any]:
    """Orders, the newest first; those whose fate is unknown stand before all others on the first page."""
    names = names_of(mirror)
    where, values = ["a.seq < ?"], [cursor or 2**62]
    if state is not None:
        where.append("a.state = ?")
        values.append(_state(state))
    if inst is not None:
        where.append("a.inst = ?")
        values.append(_instrument(names, inst))
    found = mirror.read(f"{_ORDER} WHERE {' AND '.join(where)} ORDER BY a.seq DESC LIMIT ?", (*values, limit))
    unknown = []
    if cursor is None and state is None and inst is None:
        unknown = mirror.read(
            f"{_ORDER} WHERE a.state = ? ORDER BY a.seq DESC LIMIT ?", (int(OrderState.UNKNOWN), limit)
        )
    return {
        "unknown": [_order(names, row) for row in unknown],
        "rows": [_order(names, row) for row in found],
        "next": str(found[-1][0]) if len(found) == limit else None,
    }


def order(mirror: Mirror, client_id: str) -> dict[str, Any]:
    """One order's life: whose it was, every event about it, and its fills."""
    names = names_of(mirror)
    found = mirror.read(f"{_ORDER} WHERE o.client_id = ?", (client_id,))
    if not found:
        raise Refusal(404, "order", "no order has this id", "id")
    shares = mirror.read("SELECT agent, lots, owed FROM order_share WHERE client_id = ?", (client_id,))
    life = mirror.read(
        "SELECT e.seq, e.ord, e.boot, e.ts, e.kind, e.agent, e.cause, e.payload FROM order_event l"
        " JOIN event e ON e.seq = l.seq WHERE l.client_id = ? ORDER BY e.seq LIMIT ?",
        (client_id, _LIFE),
    )
    causes = mirror.read(
        "SELECT seq, ord, boot, ts, kind, agent, cause, payload FROM event WHERE ord = ? AND ord > 0",
        (found[0][3],),
    )
    return {
        **_order(names, found[0]),
        "shares": [
            {"agent": names.agent(agent), "lots": str(lots), "owed": str(owed)}
            for agent, lots, owed in shares
        ],
        "life": [_event(names, row) for row in [*causes, *life]],
    }


def fills(mirror: Mirror, cursor: int | None, limit: int) -> dict[str, Any]:
    """Fills, the newest first; `slippage` against the bar's reference price, above 0 where it cost."""
    names = names_of(mirror)
    found = mirror.read(
        "SELECT seq, ord, ts, payload FROM event WHERE kind = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        (_FILL, cursor or 2**62, limit),
    )
    rows = []
    references = _references(mirror, found)
    for seq, ord, ts, payload in found:
        fill = decode(_FILL, payload)
        value = fill.qty * names.tv[fill.inst]
        reference = references.get(seq, {}).get(fill.inst, 0)
        slip = value * fill.side * (fill.px - reference) if reference else None
        rows.append(
            {
                "seq": str(seq),
                "ord": str(ord),
                "ts": str(ts),
                "priced": str(fill.priced),
                "client_id": fill.client_id,
                "venue_fill_id": fill.venue_fill_id,
                "instrument": names.symbol(fill.inst),
                "side": side(fill.side),
                "qty": str(fill.qty),
                "px": names.price(fill.inst, fill.px),
                "value": cash(value * fill.px),
                "fee": cash(fill.fee),
                "slippage": None if slip is None else cash(slip),
                "agents": [names.owner(owner) for owner, _, _ in fill.shares],
            }
        )
    return {"rows": rows, "next": str(found[-1][0]) if len(found) == limit else None}


def events(
    mirror: Mirror, cursor: int | None, limit: int, kind: str | None, after: int | None
) -> dict[str, Any]:
    """Events, the newest first before a cursor, or in order after a seq."""
    names = names_of(mirror)
    number = _kind(kind) if kind is not None else None
    where = "seq > ?" if after is not None else "seq < ?"
    order_by = "seq" if after is not None else "seq DESC"
    kinds = " AND kind = ?" if number is not None else ""
    values: tuple[Any, ...] = (after if after is not None else cursor or 2**62,)
    found = mirror.read(
        "SELECT seq, ord, boot, ts, kind, agent, cause, payload FROM event"
        f" WHERE {where}{kinds} ORDER BY {order_by} LIMIT ?",
        (*values, *(() if number is None else (number,)), limit),
    )
    return {
        "rows": [_event(names, row) for row in found],
        "next": str(found[-1][0]) if len(found) == limit else None,
    }


def book(mirror: Mirror, symbol: str, bars: int) -> dict[str, Any]:
    """One instrument: its newest bars, our position and our open orders; of an event feed its ladder too."""
    names = names_of(mirror)
    inst = _instrument(names, symbol)
    prices = mirror.read(
        "SELECT p.bar, b.ts, p.close, p.price FROM price p JOIN bar b ON b.bar = p.bar ORDER BY p.bar DESC LIMIT ?",
        (bars,),
    )
    marks = ", ".join("?" * len(_OPEN))
    resting = mirror.read(
        f"{_ORDER} WHERE a.state IN ({marks}) AND a.inst = ? ORDER BY a.seq DESC LIMIT 100", (*_OPEN, inst)
    )
    lots = mirror.read("SELECT amount FROM balance WHERE owner = ? AND asset = ?", (VENUE, inst + 1))
    return {
        "instrument": symbol,
        "kind": (mirror.about or {})["feed"],
        "ladder": _ladder(mirror, names, inst),
        "lots": str(-lots[0][0]) if lots else "0",
        "bars": [
            {
                "bar": bar,
                "ts": str(ts),
                "close": names.price(inst, ints_of(close)[inst]),
                "fill": names.price(inst, ints_of(price)[inst]),
            }
            for bar, ts, close, price in reversed(prices)
        ],
        "orders": [_order(names, row) for row in resting],
    }


def _ladder(mirror: Mirror, names: Names, inst: int) -> dict[str, Any] | None:
    """Price levels as received, the best first, with lots of ours there; None of bars, and while the engine is away."""
    found = None if (mirror.about or {})["grid"] is None else mirror.depth(inst)
    if found is None:
        return None
    own: dict[tuple[int, int], int] = {}
    for _, way, px, left, _ in found["orders"]:
        own[way, px] = own.get((way, px), 0) + left
    sides = {}
    for way, name in ((1, "bids"), (-1, "asks")):
        levels = dict(found[name])
        # Ours may be the only order at its price, or wait behind the levels that are told.
        ours = {px: 0 for side_, px in own if side_ == way and px}
        sides[name] = [
            {"px": names.price(inst, px), "lots": str(lots), "own": str(own.get((way, px), 0))}
            for px, lots in sorted({**ours, **levels}.items(), reverse=way > 0)
        ]
    ahead = {name: None if lots is None else str(lots) for name, _, _, _, lots in found["orders"]}
    trades = [
        {
            "ts": str(at),
            "side": {1: "buy", -1: "sell"}.get(took),
            "px": names.price(inst, px),
            "qty": str(lots),
        }
        for at, took, px, lots in found["trades"]
    ]
    return {"ts": str(found["ts"]), **sides, "ahead": ahead, "trades": trades}


def _order(names: Names, row: Any) -> dict[str, Any]:
    seq, ord, ts, cause, changed, reason, client_id, inst, way, qty, px, tif, state, cum = row
    return {
        "seq": str(seq),
        "ord": str(ord),
        "ts": str(ts),
        "cause": str(cause),
        "changed": str(changed),
        "client_id": client_id,
        "instrument": names.symbol(inst),
        "side": side(way),
        "qty": str(qty),
        "cum": str(cum),
        "px": names.price(inst, px),
        "tif": Tif(tif).name,
        "state": OrderState(state).name,
        "reason": reason,
    }


def _event(names: Names, row: Any) -> dict[str, Any]:
    seq, ord, boot, ts, kind, agent, cause, payload = row
    return {
        "seq": str(seq),
        "ord": str(ord) if ord else None,
        "boot": boot,
        "ts": str(ts),
        "kind": KINDS[kind].name,
        "agent": names.agent(agent),
        "cause": str(cause) if cause else None,
        "values": values_of(decode(kind, payload)),
    }


def _references(mirror: Mirror, found: list[Any]) -> dict[int, dict[int, int]]:
    """Reference price of each instrument at each fill, by the fill's seq: the row that was newest when it was booked."""
    if not found:
        return {}
    first, last = found[-1][0], found[0][0]
    bars = mirror.read(
        "SELECT b.seq, p.price FROM bar b JOIN price p ON p.bar = b.bar WHERE b.bar BETWEEN"
        " ifnull((SELECT max(bar) FROM bar WHERE seq <= ?), 0) AND ifnull((SELECT max(bar) FROM bar WHERE seq <= ?), 0)"
        " ORDER BY b.bar",
        (first, last),
    )
    result: dict[int, dict[int, int]] = {}
    place, row = 0, {}
    for seq, *_ in reversed(found):
        while place < len(bars) and bars[place][0] <= seq:
            row = dict(enumerate(ints_of(bars[place][1])))
            place += 1
        result[seq] = row
    return result


def _state(name: str) -> int:
    if name.upper() not in OrderState.__members__:
        raise Refusal(400, "value", f"expected one of {', '.join(OrderState.__members__)}", "state")
    return int(OrderState[name.upper()])


def _instrument(names: Names, symbol: str) -> int:
    if symbol not in names.symbols:
        raise Refusal(404, "instrument", "no instrument has this symbol", "instrument")
    return names.symbols.index(symbol)


def _kind(name: str) -> int:
    found = next((number for number, kind in KINDS.items() if kind.name.lower() == name.lower()), None)
    if found is None:
        known = ", ".join(kind.name for kind in KINDS.values())
        raise Refusal(400, "value", f"expected one of {known}", "kind")
    return found
