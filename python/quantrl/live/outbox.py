"""Messages to people: what makes one, which wait, and which a notifier has delivered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from quantrl.errors import LiveError
from quantrl.live import events
from quantrl.live.events import Event, decode, event
from quantrl.live.project import DELIVERED
from quantrl.live.spool import Spool
from quantrl.live.vocabulary import TradingState

if TYPE_CHECKING:
    from quantrl.live.engine import Daemon

SLICE = 100
_ALARM, _STATE, _NOTICE = (events.KIND_OF[kind] for kind in (events.Alarm, events.State, events.Notice))
_RECENT = 400


def message(made: Event) -> Event | None:
    """The message that an alarm or a halt asks for; None for every other event."""
    if made.kind == _ALARM:
        alarm = decode(made.kind, made.payload)
        return _message(made, f"alarm.{alarm.code}", alarm.text)
    if made.kind == _STATE:
        state = decode(made.kind, made.payload)
        if state.state == TradingState.HALTED:
            return _message(made, "state.HALTED", state.reason)
    return None


def _message(made: Event, topic: str, text: str) -> Event:
    values = events.Outbox(topic, 0, _body(topic, text))
    return event(values, ts=made.ts, cause=made.cause)


def _body(topic: str, text: str, **more: Any) -> bytes:
    return json.dumps({"topic": topic, "text": text, **more}, sort_keys=True).encode()


def notice(id: str, topic: str, text: str, wall: int) -> events.Notice:
    """A message about the daemon itself; `wall` is ns UTC."""
    return events.Notice(id, _body(topic, text, wall=wall))


def take_spool(daemon: Daemon) -> None:
    """Move what the supervisor spooled into the journal; after a crash between the two steps nothing is there twice."""
    spool = Spool(daemon.folder)
    waiting = spool.read()
    if not waiting:
        return
    query = "SELECT payload FROM event WHERE kind = ? ORDER BY seq DESC LIMIT ?"
    known = {decode(_NOTICE, payload).id for (payload,) in daemon.journal.rows(query, (_NOTICE, _RECENT))}
    new = [one for one in waiting if one.id not in known]
    daemon.note(*(notice(each.id, f"engine.{each.topic}", each.text, each.wall) for each in new))
    spool.remove({one.id for one in waiting})


def waiting(daemon: Daemon, body: Mapping[str, Any]) -> dict[str, Any]:
    """The oldest messages that nobody has delivered: (id, body, event time), at most 100."""
    query = "SELECT id, body, due_ns FROM outbox WHERE done = 0 ORDER BY abs(id) LIMIT ?"
    rows = daemon.journal.rows(query, (SLICE,))
    found = [[id, bytes(raw).decode("utf-8", "replace"), ts] for id, raw, ts in rows]
    return {"book": daemon.setup.config.name, "book_id": daemon.setup.book_id.hex(), "messages": found}


def delivered(daemon: Daemon, body: Mapping[str, Any]) -> dict[str, Any]:
    """Mark messages as delivered; one that is marked already, or is none, is left out.

    Raises
    ------
    LiveError
        Not a list of at most 100 whole numbers of 64 bits.
    """
    ids = body.get("ids")
    if not isinstance(ids, list) or len(ids) > SLICE or not all(map(_is_id, ids)):
        raise LiveError(f"ids: expected a list of at most {SLICE} whole numbers of 64 bits, got {ids!r:.80}")
    marks = ",".join("?" * len(ids))
    open_ids = daemon.journal.rows(f"SELECT id FROM outbox WHERE done = 0 AND id IN ({marks})", tuple(ids))
    daemon.note(*(events.SideEffect(DELIVERED, str(id)) for (id,) in open_ids))
    return {"marked": len(open_ids)}


def _is_id(id: Any) -> bool:
    return type(id) is int and -(2**63) <= id < 2**63
