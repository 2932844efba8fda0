"""A predictor as the scorer of a selection pipeline."""

from __future__ import annotations

import math
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.contest.predict import Predictor
from quantrl.contest.predict.cold import COLD, Cold, utilities
from quantrl.contest.predict.ew import PRIOR
from quantrl.errors import ConfigError, LookAheadError
from quantrl.selection import LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Round, Update
from quantrl.typing import FloatArray, IntArray, JsonObject

STATE_VERSION = 1
_BEGINNING = -(2**63)
_COUNTS = ("version", "age", "acted")


@final
class PredictorScorer:
    """Keeps the matured net returns of each round, NaN where an agent abstained, and lets a predictor read them.

    Parameters
    ----------
    predictor : Predictor
        Such as `Ew`.
    cold : {'equal', 'cash'}
        What a contest does while nobody is warm.
    periods_per_year : float
        Rounds a year, which make the volatility annual.

    Notes
    -----
    ``mean`` of the frame is u, with the stand-in of cold agents, so every agent is ready from its first row; the
    probability of a positive return is one half for the cold. Returns are not scaled to a volatility: `scale` is 1. A
    correction or a late row is used from when it is known, and reported. A raised `version` restarts an agent.
    """

    def __init__(
        self, predictor: Predictor, *, cold: Cold = "equal", periods_per_year: float = 252.0
    ) -> None:
        if cold not in COLD:
            raise ConfigError(f"cold: expected one of {', '.join(COLD)}, got {cold!r}")
        if not 0 < periods_per_year < math.inf:
            raise ConfigError(f"periods_per_year: expected a positive number, got {periods_per_year!r}")
        self.predictor, self.cold = predictor, cold
        self.periods_per_year = float(periods_per_year)
        self._seen = _BEGINNING
        self._effective: list[int] = []
        self._scores: FloatArray = np.zeros((0, 0))
        self._counts: IntArray = np.zeros((3, 0), dtype=np.int64)

    def update(self, view: LedgerView) -> Update:
        """Take in the rows that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        if not isinstance(view, LedgerView):
            raise LookAheadError(f"expected a LedgerView from Ledger.as_of, got {type(view).__name__}")
        if view.t < self._seen:
            raise LookAheadError(f"expected a view of {self._seen} or later, got one of {view.t}")
        rows = view.delta(max(self._seen, view.since)).rows
        self._seen = view.t
        self._grow(view.n_agents)
        newest = self._effective[-1] if self._effective else _BEGINNING
        late = rows["effective"] <= newest
        for row in rows[late]:
            self._amend(row)
        rounds = tuple(self._fold(rows, int(at)) for at in np.unique(rows["effective"][~late]))
        return Update(rounds, tuple(_late(row, view.agents) for row in rows[late]))

    def scores(self) -> ScoreFrame:
        """Scores after the last update."""
        predicted = self.predictor.predict(self._scores)
        known = self._counts[1] > 0
        warm = predicted.warm
        sure = np.sqrt(predicted.n_eff + PRIOR)
        belief = _core.normal_cdf(np.where(warm, predicted.u, 0.0) * sure)
        sd = np.where(np.isfinite(predicted.sd), predicted.sd, 0.0)
        zeros = np.zeros(len(known))
        return ScoreFrame(
            mean=np.where(known, utilities(predicted, cold=self.cold), np.nan),
            sd=np.where(known, 1.0 / sure, np.nan),
            n_eff=predicted.n_eff,
            age=self._counts[1].copy(),
            acted=self._counts[2].copy(),
            share=self._counts[2] / np.maximum(self._counts[1], 1),
            psr_abs=np.where(known, belief, np.nan),
            scale=np.ones(len(known)),
            vol_ann=sd * math.sqrt(self.periods_per_year),
            ready=known,
            drawdown=zeros,
            cusum=zeros.copy(),
            flags=tuple((int(agent), "cold") for agent in np.flatnonzero(known & ~warm)),
        )

    def settings(self) -> JsonObject:
        """Parameters, with those of the predictor."""
        name = type(self.predictor).__module__.rpartition(".")[2]
        predictor = {"name": name, **self.predictor.settings()}
        return {"predictor": predictor, "cold": self.cold, "periods_per_year": self.periods_per_year}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        scores = [[None if math.isnan(x) else x for x in row] for row in self._scores.tolist()]
        counts = dict(zip(_COUNTS, self._counts.tolist(), strict=True))
        return {
            "state": STATE_VERSION,
            "seen": self._seen,
            "effective": list(self._effective),
            "scores": scores,
            **counts,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        if state.get("state") != STATE_VERSION:
            raise ConfigError(f"scorer state: expected version {STATE_VERSION}, got {state.get('state')!r}")
        try:
            counts = np.array([state[name] for name in _COUNTS], dtype=np.int64)
            effective, seen = [int(at) for at in state["effective"]], int(state["seen"])
            scores = np.array(state["scores"], dtype=np.float64).reshape(len(effective), counts.shape[1])
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"scorer state: damaged: {error}") from None
        self._counts, self._effective, self._scores, self._seen = counts, effective, scores, seen

    def _grow(self, n_agents: int) -> None:
        more = n_agents - self._scores.shape[1]
        if more > 0:
            self._scores = np.pad(self._scores, ((0, 0), (0, more)), constant_values=np.nan)
            self._counts = np.pad(self._counts, ((0, 0), (0, more)))

    def _fold(self, rows: NDArray[Any], effective: int) -> Round:
        rows = rows[rows["effective"] == effective]
        rows = rows[np.lexsort((rows["decided"], rows["version"], rows["agent"]))]
        rows = rows[np.append(rows["agent"][1:] != rows["agent"][:-1], True)]
        agent = rows["agent"].astype(np.int64)
        net = rows["gross"] - rows["cost"]
        changed = self._restart(agent, rows["version"])
        day = np.full((1, self._scores.shape[1]), np.nan)
        day[0, agent] = np.where(rows["acted"] > 0, net, np.nan)
        self._scores = np.concatenate([self._scores, day])
        self._effective.append(effective)
        self._counts[1, agent] += 1
        self._counts[2, agent] += rows["acted"] > 0
        return Round(effective, agent, net, net, changed)

    def _restart(self, agent: IntArray, version: NDArray[Any]) -> tuple[int, ...]:
        changed = agent[version != self._counts[0, agent]]
        self._counts[0, agent] = version
        self._counts[1:, changed] = 0
        self._scores[:, changed] = np.nan
        return tuple(changed.tolist())

    def _amend(self, row: NDArray[Any]) -> None:
        at = int(np.searchsorted(self._effective, row["effective"]))
        agent = int(row["agent"])
        if row["version"] != self._counts[0, agent] or self._effective[at] != row["effective"]:
            return
        before = self._scores[at, agent]
        self._scores[at, agent] = row["gross"] - row["cost"] if row["acted"] else np.nan
        self._counts[2, agent] += int(row["acted"] > 0) - int(not np.isnan(before))


def _late(row: NDArray[Any], agents: tuple[str, ...]) -> str:
    kind = "correction" if row["corrects"] else "late row"
    return f"{kind} of {agents[row['agent']]} decided {row['decided']}: its round was already scored; used from now on"
