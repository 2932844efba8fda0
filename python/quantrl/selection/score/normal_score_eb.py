"""The default scorer: cross-sectional normal scores, exponentially forgotten, shrunk by empirical Bayes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.errors import ConfigError, LookAheadError
from quantrl.selection._ledger_view import BEGINNING, LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Round, Update
from quantrl.typing import IntArray, JsonObject

DAYS_PER_YEAR = 252.0
VOL_FLOOR = 0.02
STATE_VERSION = 1
_PER_AGENT = {"calendar": 0.0, "age": 0, "acted": 0}


@final
class NormalScoreEB:
    """Ranks within each matured round, averages over rounds, shrinks over agents.

    Parameters
    ----------
    half_life : float
        Rounds after which a row counts half; infinity never forgets.
    target_vol : float
        Annual volatility every agent is scaled to before it is compared.
    periods_per_year : float
        Rounds a year.

    Notes
    -----
    A round is folded once. A row that becomes available after its round was folded, late or as a correction, is
    reported and left out: what was decided on it cannot be undone, and scoring it twice would be wrong. A raised
    `version` restarts an agent's evidence.
    """

    def __init__(
        self, *, half_life: float = 126.0, target_vol: float = 0.10, periods_per_year: float = DAYS_PER_YEAR
    ) -> None:
        if not half_life > 0:
            raise ConfigError(f"half_life: expected a positive number, got {half_life!r}")
        if not 0 < target_vol < math.inf:
            raise ConfigError(f"target_vol: expected a positive number, got {target_vol!r}")
        if not 0 < periods_per_year < math.inf:
            raise ConfigError(f"periods_per_year: expected a positive number, got {periods_per_year!r}")
        self.half_life, self.target_vol = float(half_life), float(target_vol)
        self.periods_per_year = float(periods_per_year)
        self.sigma = self.target_vol / math.sqrt(self.periods_per_year)
        self._core = _core.NormalScore(self.half_life, self.sigma, self.periods_per_year)
        self._seen = BEGINNING
        self._folded = BEGINNING
        self._open: list[int] = []
        self._version: IntArray = np.zeros(0, dtype=np.int64)

    def update(self, view: LedgerView) -> Update:
        """Fold the rounds that became available since the last view.

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
        if not len(rows):
            return Update()
        late = rows["effective"] <= self._folded
        warnings = _late_warnings(rows[late], view.agents) if late.any() else ()
        fresh = rows[~late] if late.any() else rows
        return Update(tuple(self._fold(group, view.overlap) for group in _by_effective(fresh)), warnings)

    def _fold(self, rows: NDArray[Any], overlap: int | None) -> Round:
        agent = rows["agent"].astype(np.uint32)
        if not (agent[1:] > agent[:-1]).all():
            rows = rows[np.append(agent[1:] != agent[:-1], True)]
            agent = rows["agent"].astype(np.uint32)
        self._restart_changed(agent, rows["version"])
        effective = int(rows["effective"][0])
        self._open = [matured for matured in self._open if matured > effective]
        measured = 1 + len(self._open)
        self._open.append(int(rows["matured"][0]))
        net = rows["gross"] - rows["cost"]
        acted = np.ascontiguousarray(rows["acted"])
        x = self._core.fold(agent, net, acted, 1.0, float(overlap or measured))
        self._folded = effective
        return Round(effective, agent.astype(np.int64), x, net)

    def _restart_changed(self, agent: NDArray[np.uint32], version: NDArray[np.uint32]) -> None:
        known = len(self._version)
        if len(agent) and agent[-1] >= known:
            self._version = np.append(self._version, np.full(int(agent[-1]) + 1 - known, -1))
        changed = version != self._version[agent]
        if not changed.any():
            return
        again = agent[changed & (self._version[agent] >= 0)]
        self._version[agent] = version
        if len(again):
            state = self._core.state()
            for i in again.tolist():
                state["scores"][i] = state["scaled"][i] = [0.0] * 4
                state["window"][i] = []
                for name, start in _PER_AGENT.items():
                    state[name][i] = start
            self._core = _core.NormalScore.from_state(state)

    def scores(self) -> ScoreFrame:
        """Scores after the last update."""
        raw = self._core.scores()
        zeros = np.zeros(len(raw["mean"]))
        low = raw["vol_ann"] < VOL_FLOOR
        calm = (low & (raw["acted"] > 0)).nonzero()[0].tolist() if low.any() else ()
        return ScoreFrame(
            mean=raw["mean"],
            sd=raw["sd"],
            n_eff=raw["n_eff"],
            age=raw["age"],
            acted=raw["acted"],
            share=raw["share"],
            psr_abs=raw["psr_abs"],
            scale=raw["scale"],
            vol_ann=raw["vol_ann"],
            ready=raw["ready"].astype(np.bool_),
            drawdown=zeros,
            cusum=zeros,
            flags=tuple((agent, "vol_floor") for agent in calm),
        )

    def settings(self) -> JsonObject:
        """Parameters."""
        names = ("half_life", "target_vol", "periods_per_year")
        return {name: getattr(self, name) for name in names}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        return {
            "version": STATE_VERSION,
            "seen": self._seen,
            "folded": self._folded,
            "open": list(self._open),
            "versions": self._version.tolist(),
            "core": self._core.state(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        if state.get("version") != STATE_VERSION:
            raise ConfigError(f"scorer state: expected version {STATE_VERSION}, got {state.get('version')!r}")
        try:
            core = _core.NormalScore.from_state(state["core"])
            versions = np.array(state["versions"], dtype=np.int64)
            seen, folded, still_open = (
                int(state["seen"]),
                int(state["folded"]),
                [int(m) for m in state["open"]],
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"scorer state: damaged: {error}") from None
        self._core, self._version = core, versions
        self._seen, self._folded, self._open = seen, folded, still_open


def _by_effective(rows: NDArray[Any]) -> Iterator[NDArray[Any]]:
    if not len(rows):
        return
    effective = rows["effective"]
    if (effective == effective[0]).all():
        yield rows
        return
    order = np.lexsort((rows["decided"], rows["version"], rows["agent"], effective))
    starts = np.flatnonzero(np.diff(effective[order])) + 1
    yield from np.split(rows[order], starts)


def _late_warnings(rows: NDArray[Any], agents: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        f"{'correction' if row['corrects'] else 'late row'} of {agents[row['agent']]} decided {row['decided']}: "
        "its round was already scored; left out"
        for row in rows
    )
