"""The agents with the best record so far."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from quantrl.errors import ConfigError, LookAheadError
from quantrl.selection._ledger_view import BEGINNING, LedgerView
from quantrl.selection.baselines._recent import uncounted
from quantrl.typing import FloatArray, IntArray, JsonObject

MIN_ROWS = 63
_ROUNDING = 1e-12


class _Record:
    """Count, sum and sum of squares of every agent's net returns."""

    def __init__(self) -> None:
        self.seen = self.newest = BEGINNING
        self.sums: FloatArray = np.zeros((3, 0))
        self._best: IntArray | None = None

    def update(self, view: LedgerView, n_agents: int) -> None:
        if not isinstance(view, LedgerView) or view.t < self.seen:
            raise LookAheadError(f"expected a LedgerView of {self.seen} or later")
        missing = n_agents - self.sums.shape[1]
        if view.t == self.seen and missing <= 0:
            return
        rows = uncounted(view.delta(max(self.seen, view.since)).rows, self.newest)
        self.seen, self._best = view.t, None
        self.newest = max(self.newest, int(rows["effective"].max(initial=BEGINNING)))
        if missing > 0:
            self.sums = np.hstack([self.sums, np.zeros((3, missing))])
        net, agent = rows["gross"] - rows["cost"], rows["agent"]
        powers = np.array([np.ones(len(net)), net, net * net])
        if (agent[1:] > agent[:-1]).all():
            self.sums[:, agent] += powers
        else:
            for sums, values in zip(self.sums, powers, strict=True):
                np.add.at(sums, agent, values)

    def best(self) -> IntArray:
        """Agents with enough rows, best first."""
        if self._best is None:
            count, total, square = self.sums
            varies = square * count - total * total > _ROUNDING * square * count
            known = ((count >= MIN_ROWS) & varies).nonzero()[0]
            ratio = total[known] / np.sqrt(square[known] * count[known])
            self._best = known[np.argsort(-ratio, kind="stable")]
        return self._best


@final
class FollowTheLeader:
    """Funds the `top_k` agents of highest mean over root mean square of all matured net returns.

    An agent counts from 63 rows on, and never while its returns do not vary; until one does, all is cash.

    Parameters
    ----------
    top_k : int
        Slots; each gets 1/top_k.
    like : FollowTheLeader, optional
        Another one that is given the same views; the two then keep one record.
    """

    def __init__(self, top_k: int = 1, *, like: FollowTheLeader | None = None) -> None:
        if top_k < 1:
            raise ConfigError(f"top_k: expected at least 1, got {top_k}")
        self.top_k = top_k
        self._record: _Record = like._record if like else _Record()

    def step(self, view: LedgerView, n_agents: int) -> FloatArray:
        """(n_agents,) shares.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        self._record.update(view, n_agents)
        shares = np.zeros(n_agents)
        shares[self._record.best()[: self.top_k]] = 1.0 / self.top_k
        return shares

    def settings(self) -> JsonObject:
        """Parameters."""
        return {"top_k": self.top_k}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        kept = self._record
        return {"seen": kept.seen, "newest": kept.newest, "sums": kept.sums.tolist()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._record = _Record()
        self._record.seen, self._record.newest = int(state["seen"]), int(state["newest"])
        self._record.sums = np.array(state["sums"], dtype=np.float64).reshape(3, -1)
