"""Features that wait for what came after them, until what came after has matured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantrl.selection.score._decayed import matrix
from quantrl.typing import FloatArray, IntArray


@dataclass
class _Waiting:
    agent: IntArray
    features: FloatArray
    total: FloatArray
    rows: FloatArray
    age: int = 0

    def add(self, x: FloatArray, present: FloatArray) -> None:
        self.total += x[self.agent]
        self.rows += present[self.agent]

    def forget(self, agents: IntArray) -> None:
        keep = ~np.isin(self.agent, agents)
        self.agent, self.features = self.agent[keep], self.features[keep]
        self.total, self.rows = self.total[keep], self.rows[keep]


class Samples:
    """Pairs of features and the mean return of the `horizon` rounds after them, handed out `embargo` rounds later.

    A pair is handed out when ``horizon + embargo`` rounds have matured after its features, so no label reaches into the
    rounds a forecast is made for, nor into those just before.

    Parameters
    ----------
    horizon, embargo : int
        Rounds.
    """

    def __init__(self, horizon: int, embargo: int) -> None:
        self.horizon, self.embargo = horizon, embargo
        self._waiting: list[_Waiting] = []

    def add(self, agent: IntArray, features: FloatArray) -> None:
        """Features (k, p) of agents (k,) after the newest round."""
        zeros = np.zeros(len(agent))
        self._waiting.append(_Waiting(agent, features, zeros, zeros.copy()))

    def fold(self, agent: IntArray, x: FloatArray, n: int) -> list[tuple[FloatArray, FloatArray]]:
        """One more round has matured: returns x (k,) of agents (k,), n known.

        Returns
        -------
        list of (features (m, p), label (m,))
            Labels less their mean over the agents of the pair.
        """
        dense, present = np.zeros((2, n))
        dense[agent], present[agent] = x, 1.0
        for waiting in self._waiting:
            if waiting.age < self.horizon:
                waiting.add(dense, present)
            waiting.age += 1
        due = [waiting for waiting in self._waiting if waiting.age >= self.horizon + self.embargo]
        self._waiting = self._waiting[len(due) :]
        return [pair for waiting in due if (pair := _pair(waiting)) is not None]

    def restart(self, agents: IntArray) -> None:
        """Forget agents that were changed: what came after is another's."""
        if len(agents):
            for waiting in self._waiting:
                waiting.forget(agents)

    def state(self) -> list[dict[str, Any]]:
        """State as JSON."""
        names = ("agent", "features", "total", "rows")
        columns = [{name: getattr(waiting, name).tolist() for name in names} for waiting in self._waiting]
        return [{**each, "age": waiting.age} for each, waiting in zip(columns, self._waiting, strict=True)]

    def restored(self, state: list[dict[str, Any]], n: int, p: int) -> Samples:
        """The same samples of n agents and p features as they were saved.

        Raises
        ------
        IndexError, KeyError, TypeError, ValueError
            The state is damaged.
        """
        made = Samples(self.horizon, self.embargo)
        for saved in state:
            agent = np.array(saved["agent"], dtype=np.int64)
            if len(agent) and not 0 <= agent.min() <= agent.max() < n:
                raise ValueError(f"samples: expected agents below {n}")
            k = len(agent)
            columns = (
                matrix(saved["features"], (k, p)),
                matrix(saved["total"], (k,)),
                matrix(saved["rows"], (k,)),
            )
            made._waiting.append(_Waiting(agent, *columns, int(saved["age"])))
        return made


def _pair(waiting: _Waiting) -> tuple[FloatArray, FloatArray] | None:
    lived = waiting.rows > 0
    if np.count_nonzero(lived) < 2:
        return None
    label = waiting.total[lived] / waiting.rows[lived]
    return waiting.features[lived], label - label.mean()
