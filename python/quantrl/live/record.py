"""One line of the journal, whatever it says."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal.

    Parameters
    ----------
    kind : int
        Of `events.KINDS`.
    ts : int
        Event time, ns UTC.
    agent : int
        Index of the agent it is about; -1 = none.
    cause : int
        `ord` of the event it follows from; 0 = none.
    payload : bytes
        As `events.encode` wrote it.
    seq, ord, boot : int
        Place in the journal, place among content events (0 = lifecycle), and start of the daemon that wrote it.
    hash : bytes
        Of the chain up to here; empty before it is appended.
    """

    kind: int
    ts: int
    agent: int = -1
    cause: int = 0
    payload: bytes = b""
    seq: int = 0
    ord: int = 0
    boot: int = 0
    hash: bytes = field(default=b"", compare=False, repr=False)


COLUMNS = "kind, ts, agent, cause, payload, seq, ord, boot, hash"
"""Of the table `event`, in the order of the fields of `Event`; `ord` is NULL for lifecycle events."""

_put_kind, _put_ts, _put_agent, _put_cause, _put_payload, _put_seq, _put_ord, _put_boot, _put_hash = (
    Event.__dict__[name].__set__ for name in Event.__slots__
)


def placed(
    kind: int, ts: int, agent: int, cause: int, payload: bytes, seq: int, ord: int, boot: int, hash: bytes
) -> Event:
    """`Event` of these fields, a third of the time: a frozen class pays for every attribute it sets."""
    new = object.__new__(Event)
    _put_kind(new, kind)
    _put_ts(new, ts)
    _put_agent(new, agent)
    _put_cause(new, cause)
    _put_payload(new, payload)
    _put_seq(new, seq)
    _put_ord(new, ord)
    _put_boot(new, boot)
    _put_hash(new, hash)
    return new
