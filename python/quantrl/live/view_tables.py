"""The tables a view adds to those of the projector, and what each event puts into them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from quantrl.live import events as ev
from quantrl.live.record import Event
from quantrl.live.rounds import RoundState

if TYPE_CHECKING:
    import apsw

TABLES = {
    "meta": "k TEXT PRIMARY KEY, v BLOB",
    "event": (
        "seq INTEGER PRIMARY KEY, ord INT, boot INT, ts INT, kind INT, agent INT, cause INT, payload BLOB, hash BLOB"
    ),
    "order_at": (
        "seq INTEGER PRIMARY KEY, client_id TEXT UNIQUE, inst INT, ord INT, ts INT, cause INT, state INT, changed INT,"
        " reason TEXT"
    ),
    "order_event": "client_id TEXT, seq INT, PRIMARY KEY(client_id, seq)",
    "bar": (
        "bar INTEGER PRIMARY KEY, seq INT, ts INT, state TEXT, equity INT, cash INT, treasury INT, traded INT, fees INT,"
        " slippage INT, peak INT, gross INT, net INT, breaches INT"
    ),
    "agent_bar": "agent INT, bar INT, equity INT, PRIMARY KEY(agent, bar)",
    "price": "bar INTEGER PRIMARY KEY, close BLOB, price BLOB",
    "ranking": "number INT, agent INT, score INT, key INT, rank INT, ppm INT, PRIMARY KEY(agent, number)",
    "settled": "number INTEGER PRIMARY KEY, id TEXT, seq INT, ts INT, bar INT, ready INT, funded INT, moved INT",
    "decision": "agent INTEGER PRIMARY KEY, seq INT, ts INT, status TEXT, targets BLOB",
    "answered": "agent INT, status TEXT, n INT, PRIMARY KEY(agent, status)",
    "refusal": "code INT, agent INT, scope INT, n INT, last INT, PRIMARY KEY(code, agent, scope)",
    "command": "principal TEXT, nonce TEXT, seq INT, verb TEXT, args TEXT, state INT, PRIMARY KEY(principal, nonce)",
    "balance": "owner INT, asset INT, amount INT, PRIMARY KEY(owner, asset)",
    "tally": "name TEXT PRIMARY KEY, n INT",
}
INDEXES = (
    "event_kind ON event(kind, seq)",
    "event_ord ON event(ord) WHERE ord > 0",
    "order_state ON order_at(state, seq)",
    "order_inst ON order_at(inst, seq)",
    "ranking_number ON ranking(number)",
    "fill_order ON fill(client_id)",
    "fill_ord ON fill(ord)",
)
_ROWLESS = ("order_event", "agent_bar", "ranking", "answered", "refusal", "command", "balance", "tally")
_PUT = {
    "event": "INSERT INTO event VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "order": "INSERT INTO order_at VALUES(?, ?, ?, ?, ?, ?, 0, ?, '')",
    "state": "UPDATE order_at SET state = ?, changed = ?, reason = ? WHERE client_id = ?",
    "order_event": "INSERT INTO order_event VALUES(?, ?)",
    "decision": "INSERT OR REPLACE INTO decision VALUES(?, ?, ?, ?, ?)",
    "answered": (
        "INSERT INTO answered VALUES(?, ?, ?) ON CONFLICT(agent, status) DO UPDATE SET n = n + excluded.n"
    ),
    "refusal": (
        "INSERT INTO refusal VALUES(?, ?, ?, ?, ?) ON CONFLICT(code, agent, scope)"
        " DO UPDATE SET n = n + excluded.n, last = excluded.last"
    ),
    "command": "INSERT OR IGNORE INTO command VALUES(?, ?, ?, ?, ?, ?)",
    "commanded": "UPDATE command SET state = ? WHERE seq = ?",
    "scored": (
        "INSERT INTO ranking VALUES(?, ?, ?, 0, -1, 0) ON CONFLICT(agent, number) DO UPDATE SET score = excluded.score"
    ),
    "ranked": (
        "INSERT INTO ranking VALUES(?, ?, 0, ?, ?, 0) ON CONFLICT(agent, number)"
        " DO UPDATE SET key = excluded.key, rank = excluded.rank"
    ),
    "allocated": (
        "INSERT INTO ranking VALUES(?, ?, 0, 0, -1, ?) ON CONFLICT(agent, number) DO UPDATE SET ppm = excluded.ppm"
    ),
    "settled": "INSERT OR REPLACE INTO settled VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
    "balance": (
        "INSERT INTO balance VALUES(?, ?, ?) ON CONFLICT(owner, asset) DO UPDATE SET amount = amount + excluded.amount"
    ),
    "tally": "INSERT INTO tally VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET n = n + excluded.n",
}
_TABLE_OF = {
    name: sql.replace("UPDATE", "INTO").partition("INTO ")[2].partition(" ")[0] for name, sql in _PUT.items()
}


def create(connection: apsw.Connection) -> None:
    """The empty tables, beside those of the projector."""
    for name, columns in TABLES.items():
        rowless = ", WITHOUT ROWID" if name in _ROWLESS else ""
        connection.execute(f"CREATE TABLE {name}({columns}) STRICT{rowless}")
    for index in INDEXES:
        connection.execute(f"CREATE INDEX {index}")


class Extras:
    """Collects rows for the view's own tables in the order of events.

    Attributes
    ----------
    number, ready, funded, moved : int
        Of the round under way: its number, agents scored and given a share, and cash units moved to agents.
    state : int
        Trading state.
    command : tuple of (ord, seq)
        The newest command; a state that follows from it is its result.
    """

    def __init__(self, number: int = 0, state: int = 0) -> None:
        self.number, self.state = number, state
        self.ready = self.funded = self.moved = 0
        self.command = (0, 0)
        self._runs: defaultdict[str, list[tuple[str, list[tuple[Any, ...]]]]] = defaultdict(list)
        self._counts: defaultdict[str, int] = defaultdict(int)

    def add(self, event: Event, values: Any, bar: int) -> None:
        """Remember what one event puts in; `bar` is the newest one."""
        self._counts["events"] += 1
        self._put(
            "event",
            (
                event.seq,
                event.ord,
                event.boot,
                event.ts,
                event.kind,
                event.agent,
                event.cause,
                event.payload,
                event.hash,
            ),
        )
        put = _ADD.get(type(values))
        if put is not None:
            put(self, event, values, bar)

    def write(self, connection: apsw.Connection) -> None:
        """Write everything remembered and forget it."""
        for runs in self._runs.values():
            for name, rows in runs:
                connection.executemany(_PUT[name], rows)
        connection.executemany(_PUT["tally"], self._counts.items())
        self._runs.clear()
        self._counts.clear()

    def _put(self, name: str, *rows: tuple[Any, ...]) -> None:
        # Changes of one table stay in order; tables do not depend on each other.
        runs = self._runs[_TABLE_OF[name]]
        if runs and runs[-1][0] == name:
            runs[-1][1].extend(rows)
        else:
            runs.append((name, list(rows)))

    def _intent(self, e: Event, v: ev.Intent, bar: int) -> None:
        self._put("order", (e.seq, v.client_id, v.inst, e.ord, e.ts, e.cause, e.seq))
        self._order_event(e, v, bar)
        self._counts["orders"] += 1

    def _moved_order(self, e: Event, v: ev.OrderState, bar: int) -> None:
        self._put("state", (v.state, e.seq, v.reason, v.client_id))
        self._order_event(e, v, bar)

    def _order_event(self, e: Event, v: Any, bar: int) -> None:
        self._put("order_event", (v.client_id, e.seq))

    def _fill(self, e: Event, v: ev.Fill, bar: int) -> None:
        self._order_event(e, v, bar)
        self._counts["fills"] += 1

    def _decision(self, e: Event, v: ev.Decision, bar: int) -> None:
        targets = b"".join(target.to_bytes(8, "little", signed=True) for target in v.targets)
        self._put("decision", (e.agent, e.seq, e.ts, v.status, targets))
        self._put("answered", (e.agent, v.status, 1))

    def _verdict(self, e: Event, v: ev.Verdict, bar: int) -> None:
        self._put("refusal", (v.code, e.agent, v.scope, 1, e.seq))
        self._counts["refusals"] += 1

    def _command(self, e: Event, v: ev.Command, bar: int) -> None:
        self.command = (e.ord, e.seq)
        if v.nonce:
            args = repr(dict(sorted(v.args)))
            self._put("command", (v.principal, v.nonce, e.seq, v.verb, args, self.state))
        self._counts["commands"] += 1

    def _state(self, e: Event, v: ev.State, bar: int) -> None:
        self.state = v.state
        if e.cause and e.cause == self.command[0]:
            self._put("commanded", (v.state, self.command[1]))

    def _round(self, e: Event, v: ev.Round, bar: int) -> None:
        if v.state == RoundState.OPEN:
            self.number += 1
            self.ready = self.funded = self.moved = 0
        elif v.state == RoundState.SCORED:
            self.ready = len(v.rows)
            self._put("scored", *((self.number, agent, score) for agent, _, score, _ in v.rows))
        elif v.state == RoundState.RANKED:
            self._put("ranked", *((self.number, agent, key, rank) for agent, _, key, rank in v.rows))
        elif v.state == RoundState.ALLOCATED:
            self.funded = len(v.rows)
            self._put("allocated", *((self.number, agent, ppm) for agent, ppm, _, _ in v.rows))
        else:
            self._put("settled", (self.number, v.id, e.seq, e.ts, bar, self.ready, self.funded, self.moved))
            self._counts["rounds"] += 1

    def _posting(self, e: Event, v: ev.Posting, bar: int) -> None:
        self._put("balance", *v.lines)

    def _transfer(self, e: Event, v: ev.Transfer, bar: int) -> None:
        self._put("balance", *v.lines)
        self.moved += sum(amount for _, _, amount in v.lines if amount > 0)

    def _boot(self, e: Event, v: ev.Boot, bar: int) -> None:
        self._counts["boots"] += 1

    def _alarm(self, e: Event, v: ev.Alarm, bar: int) -> None:
        self._counts["alarms"] += 1


_ADD: dict[type[Any], Callable[[Extras, Event, Any, int], None]] = {
    ev.Intent: Extras._intent,
    ev.CancelIntent: Extras._order_event,
    ev.Report: Extras._order_event,
    ev.OrderState: Extras._moved_order,
    ev.Fill: Extras._fill,
    ev.Decision: Extras._decision,
    ev.Verdict: Extras._verdict,
    ev.Command: Extras._command,
    ev.State: Extras._state,
    ev.Round: Extras._round,
    ev.Posting: Extras._posting,
    ev.Transfer: Extras._transfer,
    ev.Boot: Extras._boot,
    ev.Alarm: Extras._alarm,
}
