"""The append-only record of what agents earned, readable only as of a time."""

from __future__ import annotations

import hashlib
import heapq
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantrl.errors import LedgerError
from quantrl.selection._ledger_checks import (
    Moment,
    check_against,
    check_values,
    horizons,
    moment_of,
    refuse,
)
from quantrl.selection._ledger_file import read_rows, rows_frame
from quantrl.selection._ledger_rows import as_rows, in_order, instants
from quantrl.selection._ledger_view import BEGINNING, ROW, LedgerView, Node, frozen
from quantrl.typing import IntArray

MAX_AGENTS = 4_096


class Ledger:
    """Rows of matured results. What was answered for a time stays the answer for that time.

    A row is available at ``max(matured, recorded)``. Its key is (agent, version, decided); a correction is a row of
    the same key recorded later, and a view shows the newest one known then.

    Parameters
    ----------
    agents : sequence of str
        Names to register in this order; others are registered when their first row comes.
    overlap : int, optional
        How many rows of one agent overlap in time (horizon over spacing); None = measured by the scorer.

    Notes
    -----
    Rows are kept in immutable chunks, one per instant of availability, each linked to the one before only. So
    `as_of` is one binary search, and a view cannot reach later rows by any path.
    """

    def __init__(self, agents: Sequence[str] = (), *, overlap: int | None = None) -> None:
        if overlap is not None and overlap < 1:
            raise LedgerError(f"overlap: expected at least 1, got {overlap}")
        self.overlap = overlap
        self._agents: dict[str, int] = {}
        self._families: dict[str, int] = {}
        self._family_names: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()
        self._nodes: list[Node] = []
        self._times: list[int] = []
        self._waiting: dict[int, list[NDArray[Any]]] = {}
        self._due: list[int] = []
        self._digest = hashlib.sha256()
        self._answered = BEGINNING
        self._last_decided = np.full(0, BEGINNING)
        self._matured: dict[int, int] = {}
        for label in agents:
            self.register(label)

    @property
    def agents(self) -> tuple[str, ...]:
        """Registered names; an agent's id is its place here."""
        return self._names

    @property
    def families(self) -> tuple[str, ...]:
        """Registered families in order of their number."""
        return tuple(self._families)

    def __len__(self) -> int:
        waiting = sum(len(rows) for batches in self._waiting.values() for rows in batches)
        return (self._nodes[-1].n_rows if self._nodes else 0) + waiting

    def register(self, label: str) -> int:
        """The id of an agent, new or known.

        Raises
        ------
        LedgerError
            More agents than 4,096, or an empty name.
        """
        if label in self._agents:
            return self._agents[label]
        if not label or len(self._agents) >= MAX_AGENTS:
            raise LedgerError(f"agent {label!r}: expected a name, and at most {MAX_AGENTS} agents")
        self._agents[label] = len(self._agents)
        self._names = (*self._names, label)
        self._last_decided = np.append(self._last_decided, BEGINNING)
        return self._agents[label]

    def family(self, name: str) -> int:
        """The number of a family, new or known."""
        return self._families.setdefault(name, len(self._families))

    def append(self, rows: Mapping[str, Any]) -> None:
        """Add a batch of rows, all or none.

        Parameters
        ----------
        rows : mapping of column to scalar or (n,) array
            Required: ``agent`` (names or ids), ``decided``, ``effective``, ``matured`` (int ns), ``gross``. Optional:
            ``cost`` (0), ``exposure`` (1), ``recorded`` (= matured), ``version`` (0), ``family`` (``""``; names or
            numbers), ``belief`` (NaN), ``tokens`` (0), ``usd`` (0), ``acted`` (1).

        Raises
        ------
        LedgerError
            A value out of range, times out of order, mixed horizons, a repeated key that is not recorded later, or a
            row that would change an answer already given. It names row, column and value; nothing is added.
        """
        agents, families = dict(self._agents), dict(self._families)
        batch = as_rows(rows, agents, families)
        new = list(agents)[len(self._agents) :]
        if len(agents) > MAX_AGENTS:
            raise LedgerError(f"agent: expected at most {MAX_AGENTS} agents, got {len(agents)}")
        last = np.append(self._last_decided, np.full(len(new), BEGINNING)) if new else self._last_decided
        if len(batch):
            moment = moment_of(batch)
            plain = self._check(batch, moment, last)
            for label in new:
                self.register(label)
            self._families = families
            self._keep(batch, moment, plain)

    def append_rows(self, batch: NDArray[Any]) -> None:
        """`append` for a fresh array that has the layout `ROW` already: the same checks, without the conversion.

        Raises
        ------
        LedgerError
            As for `append`, or an agent or family that is not registered; the first family is ``""`` if there is none.
        """
        if batch.dtype != ROW:
            raise LedgerError(f"rows: expected the layout ROW, got {batch.dtype}")
        if len(batch):
            known = {"agent": len(self._agents), "family": len(self._families) or self.family("") + 1}
            for name, count in known.items():
                if batch[name].max() >= count:
                    refuse(name, batch[name], batch[name] >= count, f"a number below {count}")
            moment = moment_of(batch)
            self._keep(batch, moment, self._check(batch, moment, self._last_decided))

    def _check(self, batch: NDArray[Any], moment: Moment | None, last: IntArray) -> bool:
        """Whether the rows are the next of their agents, one each; corrections are marked otherwise."""
        check_values(batch, moment)
        return check_against(batch, moment, last, self._matured, self._answered, self._stored)

    def _keep(self, batch: NDArray[Any], moment: Moment | None, plain: bool) -> None:
        one = moment and max(moment[2], moment[3])
        for available, rows in instants(batch) if one is None else ((one, batch),):
            if available not in self._waiting:
                heapq.heappush(self._due, available)
            self._waiting.setdefault(available, []).append(rows)
        if plain:
            self._last_decided[batch["agent"]] = moment[0] if moment else batch["decided"]
        else:
            np.maximum.at(self._last_decided, batch["agent"], batch["decided"])
        self._matured.update({moment[1]: moment[2]} if moment else horizons(batch))

    def as_of(self, t: int) -> LedgerView:
        """What was known at `t` (ns): rows with ``max(matured, recorded) <= t``. O(log n) plus the rows new since.

        From here on a row that would have been available by `t` is refused: it would change this answer.
        """
        t = int(t)
        self._seal(t)
        self._answered = max(self._answered, t)
        place = bisect_right(self._times, t)
        node = self._nodes[place - 1] if place else None
        names = self._names[: node.n_agents] if node else ()
        return LedgerView(t, BEGINNING, names, self.overlap, node, self._families_of(node))

    def _families_of(self, node: Node | None) -> tuple[str, ...]:
        if len(self._family_names) != len(self._families):
            self._family_names = tuple(self._families)
        return self._family_names[: node.n_families] if node else ()

    def frame(self, t: int | None = None) -> pl.DataFrame:
        """Rows with their superseded versions, in order of availability; `agent` and `family` as names.

        Parameters
        ----------
        t : int, optional
            Only rows available by then, ns.
        """
        rows = self._stored()
        if t is not None:
            rows = rows[np.maximum(rows["matured"], rows["recorded"]) <= t]
        return rows_frame(rows, self._names, self.families)

    @property
    def sha256(self) -> str:
        """Digest of every row; equals that of ``as_of`` once all rows are available."""
        digest = self._digest.copy()
        for t in sorted(self._waiting):
            digest.update(in_order(np.concatenate(self._waiting[t])).tobytes())
        return digest.hexdigest()

    def to_parquet(self, path: str | Path) -> None:
        """Write every row."""
        self.frame().write_parquet(path)

    @staticmethod
    def from_parquet(path: str | Path, *, agents: Sequence[str] = (), overlap: int | None = None) -> Ledger:
        """Read a ledger written by `to_parquet`, checking every row again.

        Parameters
        ----------
        path : str or Path
        agents : sequence of str
            Names in the order of their ids; without it, in the order of their first rows.
        overlap : int, optional
            As for `Ledger`.

        Raises
        ------
        LedgerError
            No such file, not Parquet, a missing or unknown column, or a row that `append` refuses.
        """
        ledger = Ledger(agents, overlap=overlap)
        ledger.append(read_rows(Path(path)))
        return ledger

    def rows_bytes(self) -> bytes:
        """Every row in the layout `ROW`, in order of availability."""
        return self._stored().tobytes()

    def append_bytes(self, data: bytes) -> None:
        """Add what `rows_bytes` gave, checking every row again.

        Raises
        ------
        LedgerError
            Not whole rows, or a row that `append` refuses.
        """
        if len(data) % ROW.itemsize:
            raise LedgerError(f"rows: expected a multiple of {ROW.itemsize} bytes, got {len(data)}")
        rows = np.frombuffer(data, dtype=ROW)
        for batch in np.split(rows, np.flatnonzero(np.diff(rows["recorded"])) + 1):
            self.append_rows(batch.copy())

    def _stored(self) -> NDArray[Any]:
        waiting = [in_order(np.concatenate(self._waiting[t])) for t in sorted(self._waiting)]
        return np.concatenate([*(node.rows for node in self._nodes), *waiting, np.zeros(0, dtype=ROW)])

    def _seal(self, t: int) -> None:
        """Turn waiting rows available by `t` into chunks; nothing can come before them any more."""
        while self._due and self._due[0] <= t:
            available = heapq.heappop(self._due)
            batches = self._waiting.pop(available)
            rows = frozen(in_order(batches[0] if len(batches) == 1 else np.concatenate(batches)))
            parent = self._nodes[-1] if self._nodes else None
            self._nodes.append(Node(available, parent, rows, self._digested(rows)))
            self._times.append(available)

    def _digested(self, rows: NDArray[Any]) -> str:
        """Digest of every row up to these."""
        self._digest.update(rows.tobytes())
        return self._digest.hexdigest()
