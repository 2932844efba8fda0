"""A ledger for runs without an end: rows that have been answered for may go."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from quantrl.errors import LedgerError
from quantrl.selection._ledger_checks import Moment
from quantrl.selection._ledger_view import BEGINNING, LedgerView, Node
from quantrl.selection.ledger import Ledger
from quantrl.typing import IntArray, JsonObject

_KEPT = ("available", "n_rows", "n_agents", "n_families", "newest_matured")
"""Counts that stay of rows that go."""


class ForgetfulLedger(Ledger):
    """A `Ledger` that drops rows by `forget`, so that a run needs no more memory with every row.

    Counts stay. It takes no corrections and has no digest, because both need every row.
    """

    _gone = BEGINNING

    def __init__(self, agents: Sequence[str] = (), *, overlap: int | None = None) -> None:
        super().__init__(agents, overlap=overlap)
        self._gone_decided: IntArray = np.full(len(self.agents), BEGINNING)

    def forget(self, t: int) -> None:
        """Drop the rows available by `t`, for which an answer was given; views made before keep theirs.

        Raises
        ------
        LedgerError
            A time that has not been answered for.
        """
        if t > self._answered:
            raise LedgerError(f"forget: expected at most {self._answered}, got {t}")
        place = bisect_right(self._times, t)
        if place:
            last = self._nodes[place - 1]
            for node in self._nodes[:place]:
                self._note(node.rows)
            base = Node.forgotten(**{name: getattr(last, name) for name in _KEPT})
            # Nodes after it are made anew: views that hold them lead to every row before.
            kept, self._nodes = self._nodes[place:], [base]
            for node in kept:
                self._nodes.append(Node(node.available, self._nodes[-1], node.rows, node.sha256))
            self._times[:place] = [base.available]
            self._gone = base.available
        self._matured = {at: due for at, due in self._matured.items() if due > t}

    def forgotten(self) -> JsonObject | None:
        """What is left of dropped rows, as plain values for `recall`; None where none were."""
        if self._gone == BEGINNING:
            return None
        base = self._nodes[0]
        return {**{name: getattr(base, name) for name in _KEPT}, "decided": self._gone_decided.tolist()}

    def recall(self, gone: Any) -> None:
        """Begin, before any row, where another ledger had dropped those before: what its `forgotten` gave.

        Raises
        ------
        LedgerError
            There are rows already, or it is of other agents.
        """
        if self._nodes or self._waiting or len(gone["decided"]) > len(self.agents):
            raise LedgerError(f"recall: expected a ledger of {len(gone['decided'])} agents without a row")
        base = Node.forgotten(**{name: gone[name] for name in _KEPT})
        self._nodes, self._times = [base], [base.available]
        self._gone = self._answered = base.available
        self._gone_decided = np.array(gone["decided"], dtype=np.int64)
        self._last_decided[: len(self._gone_decided)] = self._gone_decided

    def as_of(self, t: int) -> LedgerView:
        """As `Ledger.as_of`; what was dropped is not in the view.

        Raises
        ------
        LedgerError
            A time before rows that were dropped.
        """
        if t < self._gone:
            raise LedgerError(
                f"as_of: expected {self._gone} or later, up to which rows were dropped, got {t}"
            )
        return super().as_of(t)

    def frame(self, t: int | None = None) -> pl.DataFrame:
        """As `Ledger.frame`.

        Raises
        ------
        LedgerError
            Rows were dropped.
        """
        if self._gone != BEGINNING:
            raise LedgerError(f"frame: expected every row, those available by {self._gone} were dropped")
        return super().frame(t)

    @property
    def sha256(self) -> str:
        """None.

        Raises
        ------
        LedgerError
            Always.
        """
        raise LedgerError("sha256: expected a ledger that keeps its rows")

    def _note(self, rows: NDArray[Any]) -> None:
        """When each agent decided last, of rows that go."""
        missing = len(self.agents) - len(self._gone_decided)
        self._gone_decided = np.append(self._gone_decided, np.full(missing, BEGINNING))
        np.maximum.at(self._gone_decided, rows["agent"], rows["decided"])

    def _check(self, batch: NDArray[Any], moment: Moment | None, last: IntArray) -> bool:
        if not super()._check(batch, moment, last):
            raise LedgerError("rows: expected the next one of each agent, in order: this ledger forgets")
        return True

    def _digested(self, rows: NDArray[Any]) -> str:
        return ""
