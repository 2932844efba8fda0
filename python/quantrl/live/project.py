"""Events to rows: the tables that answer questions, all of which can be made again from the events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from quantrl.live import events as ev
from quantrl.live.events import Event

if TYPE_CHECKING:
    import apsw

AGENT0 = 16
DELIVERED = "outbox"

TABLES: dict[str, str] = {
    "boot": "boot INTEGER PRIMARY KEY, code_hash BLOB, config_hash BLOB, deps_hash BLOB, platform TEXT",
    "orders": (
        "client_id TEXT PRIMARY KEY, inst INT, side INT, qty INT CHECK(qty > 0), px INT, tif INT, state INT, cum INT,"
        " decided INT"
    ),
    "order_share": (
        "client_id TEXT, agent INT, lots INT, owed INT CHECK(owed >= 0), PRIMARY KEY(client_id, agent)"
    ),
    "fill": (
        "venue INT, venue_fill_id TEXT, client_id TEXT, qty INT, px INT, fee INT, ord INT,"
        " PRIMARY KEY(venue, venue_fill_id)"
    ),
    "posting": "ord INT, line INT, owner INT, asset INT, amount INT, PRIMARY KEY(ord, line)",
    "round": "id TEXT PRIMARY KEY, state INT, ord INT",
    "lock": "scope INT, key TEXT, side INT, reason TEXT, until_ns INT, ord INT",
    "outbox": "id INTEGER PRIMARY KEY, kind INT, body BLOB, due_ns INT, tries INT, done INT",
}
# The others are stored in their key: one tree to write instead of two.
_WITH_ROWID = ("boot", "lock", "outbox")
_CHANGES: dict[str, tuple[str, str]] = {
    "boot": ("boot", "INSERT INTO {}.boot VALUES(?, ?, ?, ?, ?)"),
    "order": ("orders", "INSERT INTO {}.orders VALUES(?, ?, ?, ?, ?, ?, 0, 0, ?)"),
    "state": ("orders", "UPDATE {}.orders SET state = ?, cum = ? WHERE client_id = ?"),
    "share": ("order_share", "INSERT INTO {}.order_share VALUES(?, ?, ?, ?)"),
    "paid": ("order_share", "UPDATE {}.order_share SET owed = owed - ? WHERE client_id = ? AND agent = ?"),
    "fill": ("fill", "INSERT INTO {}.fill VALUES(?, ?, ?, ?, ?, ?, ?)"),
    "posting": ("posting", "INSERT INTO {}.posting VALUES(?, ?, ?, ?, ?)"),
    "round": (
        "round",
        "INSERT INTO {}.round VALUES(?, ?, ?) ON CONFLICT(id) DO UPDATE SET state = excluded.state, ord = excluded.ord",
    ),
    "unlock": ("lock", "DELETE FROM {}.lock WHERE scope = ? AND key = ? AND side = ?"),
    "lock": ("lock", "INSERT INTO {}.lock VALUES(?, ?, ?, ?, ?, ?)"),
    "outbox": ("outbox", "INSERT INTO {}.outbox VALUES(?, ?, ?, ?, 0, 0)"),
    "sent": ("outbox", "UPDATE {}.outbox SET done = 1, tries = tries + 1 WHERE id = ?"),
}

Rows = list[tuple[Any, ...]]
Put = Callable[[str, Rows], None]


def create_tables(connection: apsw.Connection, schema: str = "main") -> None:
    """The empty tables."""
    for name, columns in TABLES.items():
        rowless = "" if name in _WITH_ROWID else ", WITHOUT ROWID"
        connection.execute(f"CREATE TABLE {schema}.{name}({columns}) STRICT{rowless}")


class Projector:
    """Collects what events change and writes it in as few calls as the order of changes allows.

    Parameters
    ----------
    schema : str
        Database the tables are in.
    """

    def __init__(self, schema: str = "main") -> None:
        self._sql = {name: sql.format(schema) for name, (_, sql) in _CHANGES.items()}
        # Changes of one table stay in order; tables do not depend on each other.
        tables: dict[str, list[tuple[str, Rows]]] = {name: [] for name in TABLES}
        self._runs = list(tables.values())
        self._runs_of = {name: tables[table] for name, (table, _) in _CHANGES.items()}

    def add(self, events: Iterable[Event]) -> None:
        """Remember what these events change.

        Raises
        ------
        DataError
            A payload that cannot be decoded; nothing is remembered.
        """
        found = [
            (event, ev.decode(event.kind, event.payload)) for event in events if event.kind in _PROJECTED
        ]
        for event, values in found:
            _PROJECTED[event.kind](self._put, event, values)

    def _put(self, name: str, rows: Rows) -> None:
        runs = self._runs_of[name]
        if runs and runs[-1][0] == name:
            runs[-1][1].extend(rows)
        else:
            runs.append((name, rows))

    def write(self, connection: apsw.Connection) -> None:
        """Write everything remembered, inside the caller's transaction.

        Raises
        ------
        apsw.ConstraintError
            Two fills with one id, more filled than owed, or another row the tables refuse.
        """
        runs = [run for table in self._runs for run in table]
        self.forget()
        for name, rows in runs:
            connection.executemany(self._sql[name], rows)

    def forget(self) -> None:
        """Drop what was remembered."""
        for table in self._runs:
            table.clear()


def _boot(put: Put, event: Event, v: ev.Boot) -> None:
    put("boot", [tuple(v)])


def _intent(put: Put, event: Event, v: ev.Intent) -> None:
    put("order", [(v.client_id, v.inst, v.side, v.qty, v.px, v.tif, event.ts)])
    put("share", [(v.client_id, agent, lots, abs(lots)) for agent, lots in v.shares])


def _order_state(put: Put, event: Event, v: ev.OrderState) -> None:
    put("state", [(v.state, v.cum, v.client_id)])


def _fill(put: Put, event: Event, v: ev.Fill) -> None:
    put("fill", [(v.venue, v.venue_fill_id, v.client_id, v.qty, v.px, v.fee, event.ord)])
    paid = [(abs(lots), v.client_id, owner - AGENT0) for owner, lots, _ in v.shares if owner >= AGENT0]
    put("paid", paid)


def _lines(put: Put, event: Event, v: ev.Posting | ev.Transfer) -> None:
    ord = event.ord
    put("posting", [(ord, line, *amounts) for line, amounts in enumerate(v.lines)])


def _round(put: Put, event: Event, v: ev.Round) -> None:
    put("round", [(v.id, v.state, event.ord)])


def _lock(put: Put, event: Event, v: ev.Lock) -> None:
    put("unlock", [(v.scope, v.key, v.side)])
    if v.until:
        put("lock", [(v.scope, v.key, v.side, v.reason, v.until, event.ord)])


def _outbox(put: Put, event: Event, v: ev.Outbox) -> None:
    put("outbox", [(event.ord, v.sink, v.body, event.ts)])


def _notice(put: Put, event: Event, v: ev.Notice) -> None:
    put("outbox", [(-event.seq, 0, v.body, event.ts)])


def _side_effect(put: Put, event: Event, v: ev.SideEffect) -> None:
    if v.what == DELIVERED and v.ref.removeprefix("-").isdecimal() and len(v.ref) < 19:
        put("sent", [(int(v.ref),)])


_PROJECTED: dict[int, Callable[[Put, Event, Any], None]] = {
    ev.KIND_OF[ev.Boot]: _boot,
    ev.KIND_OF[ev.Intent]: _intent,
    ev.KIND_OF[ev.OrderState]: _order_state,
    ev.KIND_OF[ev.Fill]: _fill,
    ev.KIND_OF[ev.Posting]: _lines,
    ev.KIND_OF[ev.Transfer]: _lines,
    ev.KIND_OF[ev.Round]: _round,
    ev.KIND_OF[ev.Lock]: _lock,
    ev.KIND_OF[ev.Outbox]: _outbox,
    ev.KIND_OF[ev.Notice]: _notice,
    ev.KIND_OF[ev.SideEffect]: _side_effect,
}
