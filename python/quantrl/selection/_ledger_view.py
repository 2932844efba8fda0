"""What a ledger knew at one time, and nothing that could lead to what it learned later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl.errors import DataError, LookAheadError

ROW = np.dtype(
    [
        ("agent", "<u4"),
        ("version", "<u4"),
        ("family", "<u2"),
        ("acted", "u1"),
        ("corrects", "u1"),
        ("decided", "<i8"),
        ("effective", "<i8"),
        ("matured", "<i8"),
        ("recorded", "<i8"),
        ("gross", "<f8"),
        ("cost", "<f8"),
        ("exposure", "<f8"),
        ("belief", "<f8"),
        ("tokens", "<f8"),
        ("usd", "<f8"),
    ]
)
"""One ledger row; `corrects` is 1 on a later-recorded row that replaces an earlier one of the same key."""

BEGINNING = -(2**63)
_NO_ROWS = np.frombuffer(b"", dtype=ROW)


class Node:
    """The rows that became available at one instant, linked to those before. A node never knows its successors."""

    __slots__ = (
        "available",
        "n_agents",
        "n_families",
        "n_rows",
        "newest_matured",
        "parent",
        "rows",
        "sha256",
    )

    def __init__(self, available: int, parent: Node | None, rows: NDArray[Any], sha256: str) -> None:
        self.available = available
        self.parent = parent
        self.rows = rows
        self.sha256 = sha256
        known = parent or _ROOT
        self.n_rows: int = known.n_rows + len(rows)
        # Rows of an instant are sorted by agent.
        self.n_agents: int = max(known.n_agents, int(rows["agent"][-1]) + 1)
        self.n_families: int = max(known.n_families, int(rows["family"].max()) + 1)
        self.newest_matured: int = max(known.newest_matured, int(rows["matured"].max()))

    @classmethod
    def forgotten(
        cls, available: int, n_rows: int, n_agents: int, n_families: int, newest_matured: int
    ) -> Node:
        """Stands for rows that are no longer kept, up to an instant."""
        node = object.__new__(cls)
        node.available, node.parent, node.rows, node.sha256 = available, None, _NO_ROWS, ""
        node.n_rows, node.n_agents, node.n_families = n_rows, n_agents, n_families
        node.newest_matured = newest_matured
        return node


class _Root:
    n_rows = 0
    n_agents = 0
    n_families = 0
    newest_matured = BEGINNING


_ROOT = _Root()


@dataclass(frozen=True, slots=True)
class LedgerView:
    """Ledger rows available in ``(since, t]``, the newest known version of each.

    It holds copies that end at `t`: no attribute, array base or referent leads to a later row.

    Attributes
    ----------
    t : int
        The time asked about, ns.
    since : int
        Rows available at or before this time are left out; the whole past unless the view is a `delta`.
    agents : tuple of str
        Names of the agents seen up to `t`; a row's `agent` is an index into it.
    overlap : int or None
        How many rows of one agent overlap in time; None = to be measured from the rows.
    families : tuple of str
        Names of the families seen up to `t`; a row's `family` is an index into it.
    """

    t: int
    since: int
    agents: tuple[str, ...]
    overlap: int | None
    _node: Node | None = field(repr=False)
    families: tuple[str, ...] = ()
    _cache: list[NDArray[Any]] = field(default_factory=list, repr=False, compare=False)

    @property
    def rows(self) -> NDArray[Any]:
        """(n,) structured, read-only, sorted by (available, agent, decided). O(n) once, O(1) for one instant."""
        if not self._cache:
            self._cache.append(_newest_known(self._nodes()))
        return self._cache[0]

    def __getitem__(self, column: str) -> NDArray[Any]:
        """One column, (n,) contiguous and read-only.

        Raises
        ------
        DataError
            No such column.
        """
        if column not in (ROW.names or ()):
            raise DataError(f"ledger column: expected one of {', '.join(ROW.names or ())}; got {column!r}")
        values = np.ascontiguousarray(self.rows[column])
        values.flags.writeable = False
        return values

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_agents(self) -> int:
        """Agents seen up to `t`."""
        return len(self.agents)

    @property
    def n_rows(self) -> int:
        """Rows available up to `t`, superseded ones included. O(1)."""
        return self._node.n_rows if self._node else 0

    @property
    def sha256(self) -> str:
        """Digest of every row available up to `t`, in order. O(1)."""
        return self._node.sha256 if self._node else ""

    @property
    def newest_matured(self) -> int | None:
        """Latest `matured` up to `t`, or None without a row. O(1)."""
        return self._node.newest_matured if self._node else None

    def delta(self, since: LedgerView | int) -> LedgerView:
        """The rows that became available after `since`, a view or a time. O(rows returned).

        Raises
        ------
        LookAheadError
            `since` is later than this view.
        """
        start = since.t if isinstance(since, LedgerView) else int(since)
        if start > self.t:
            raise LookAheadError(f"delta: since {start} is later than the view's own time {self.t}")
        return LedgerView(
            self.t, max(start, self.since), self.agents, self.overlap, self._node, self.families
        )

    def _nodes(self) -> list[Node]:
        found = list(self._walk())
        found.reverse()
        return found

    def _walk(self) -> Iterator[Node]:
        node = self._node
        while node is not None and node.available > self.since:
            yield node
            node = node.parent


def _newest_known(nodes: list[Node]) -> NDArray[Any]:
    if not nodes:
        return _NO_ROWS
    rows = nodes[0].rows if len(nodes) == 1 else np.concatenate([node.rows for node in nodes])
    if len(nodes) == 1 and not rows["corrects"].any():
        return rows
    if rows["corrects"].any():
        rows = rows[_last_of_each_key(rows)]
    return frozen(rows)


def _last_of_each_key(rows: NDArray[Any]) -> NDArray[np.intp]:
    """Positions, in order, of the latest recorded row of each (agent, version, decided)."""
    order = np.lexsort((rows["recorded"], rows["decided"], rows["version"], rows["agent"]))
    key = rows[["agent", "version", "decided"]][order]
    last = np.append(key[1:] != key[:-1], True)
    return np.sort(order[last])


def frozen(rows: NDArray[Any]) -> NDArray[Any]:
    """A copy over immutable bytes: not even its owner can write to it."""
    return np.frombuffer(rows.tobytes(), dtype=ROW)
