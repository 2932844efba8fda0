"""What every scorer keeps of every agent: rounds in order, scaled returns, age, volatility, evidence against cash."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quantrl import _core
from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Round, Update
from quantrl.selection.score._rounds import Matured, Rounds
from quantrl.typing import BoolArray, FloatArray, IntArray, JsonObject

DAYS_PER_YEAR = 252.0
HALF_LIFE = 126.0
TARGET_VOL = 0.10
VOL_FLOOR = 0.02
STATE_VERSION = 1
_PER_AGENT = {"calendar": 0.0, "age": 0, "acted": 0}
_SETTINGS = ("half_life", "target_vol", "periods_per_year")


@dataclass(frozen=True)
class Scaled:
    """A round once its returns are scaled to the target volatility by what was known before it.

    Attributes
    ----------
    matured : Matured
    x, net : (k,) float64
        Scaled and plain net returns.
    """

    matured: Matured
    x: FloatArray
    net: FloatArray

    @property
    def agent(self) -> IntArray:
        """(k,) ids, ascending."""
        return self.matured.agent.astype(np.int64)

    @property
    def acted(self) -> BoolArray:
        """(k,) who held a position."""
        acted: BoolArray = self.matured.rows["acted"] == 1
        return acted

    @property
    def changed(self) -> IntArray:
        """(j,) agents whose evidence starts again before this round."""
        return self.matured.changed.astype(np.int64)


class Record:
    """Reads a ledger view by view, and keeps what all scores are judged by.

    Parameters
    ----------
    half_life : float
        Rounds after which a row counts half; infinity never forgets.
    target_vol : float
        Annual volatility every agent is scaled to before it is compared.
    periods_per_year : float
        Rounds a year.

    Attributes
    ----------
    sigma : float
        Target volatility per round.
    overlap : float
        How many rounds overlap the last one in time.
    """

    def __init__(self, *, half_life: float, target_vol: float, periods_per_year: float) -> None:
        if not half_life > 0:
            raise ConfigError(f"half_life: expected a positive number, got {half_life!r}")
        if not 0 < target_vol < math.inf:
            raise ConfigError(f"target_vol: expected a positive number, got {target_vol!r}")
        if not 0 < periods_per_year < math.inf:
            raise ConfigError(f"periods_per_year: expected a positive number, got {periods_per_year!r}")
        self.half_life, self.target_vol = float(half_life), float(target_vol)
        self.periods_per_year = float(periods_per_year)
        self.sigma = self.target_vol / math.sqrt(self.periods_per_year)
        self.overlap = 1.0
        self._core = _core.NormalScore(self.half_life, self.sigma, self.periods_per_year)
        self._rounds = Rounds()

    def __len__(self) -> int:
        """Agents known."""
        return len(self._core)

    @property
    def version(self) -> IntArray:
        """(A,) newest version of each agent."""
        return self._rounds.version

    def update(self, view: LedgerView, fold: Callable[[Scaled], None] | None = None) -> Update:
        """Take the rounds that became available since the last view; `fold` is told of each.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        matured, warnings = self._rounds.take(view)
        return Update(tuple(self._told(rows, fold) for rows in matured), warnings)

    def _told(self, matured: Matured, fold: Callable[[Scaled], None] | None) -> Round:
        rows = matured.rows
        self._core = restarted(self._core, matured.changed)
        net = rows["gross"] - rows["cost"]
        acted = np.ascontiguousarray(rows["acted"])
        x = self._core.fold(matured.agent, net, acted, 1.0, matured.overlap)
        self.overlap = matured.overlap
        scaled = Scaled(matured, x, net)
        if fold is not None:
            fold(scaled)
        return Round(matured.effective, scaled.agent, x, net, tuple(matured.changed.tolist()))

    def known(self) -> dict[str, NDArray[Any]]:
        """Columns (A,) of the default score after the last round: the parts of `ScoreFrame` and more."""
        return self._core.scores()

    def frame(self, known: dict[str, NDArray[Any]] | None = None, **columns: NDArray[Any]) -> ScoreFrame:
        """A frame of these columns (`mean sd n_eff ready`); what is not given is that of the default score.

        Parameters
        ----------
        known : dict, optional
            From `known`, if it was asked before.
        """
        raw = {**(self.known() if known is None else known), **columns}
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
        return {name: getattr(self, name) for name in _SETTINGS}

    def state(self) -> dict[str, Any]:
        """State as JSON."""
        return {"version": STATE_VERSION, **self._rounds.state(), "core": self._core.state()}

    def restored(self, state: dict[str, Any]) -> Record:
        """A record of the same settings that goes on where `state` was taken. This one is unchanged.

        Raises
        ------
        ConfigError
            Of another version, or damaged.
        """
        if state.get("version") != STATE_VERSION:
            raise ConfigError(f"scorer state: expected version {STATE_VERSION}, got {state.get('version')!r}")
        made = Record(**self.settings())
        with damage():
            made._core = _core.NormalScore.from_state(state["core"])
            made._rounds = Rounds.of(state)
            made.overlap = float(state["core"]["overlap"][0])
            if len(made.version) != len(made):
                raise ValueError(f"versions of {len(made.version)} agents, evidence of {len(made)}")
        return made


def restarted(core: _core.NormalScore, agents: NDArray[np.uint32]) -> _core.NormalScore:
    """The same scorer, which has never met these agents."""
    if not len(agents):
        return core
    state = core.state()
    for i in agents.tolist():
        state["scores"][i] = state["scaled"][i] = [0.0] * 4
        state["window"][i] = []
        for name, start in _PER_AGENT.items():
            state[name][i] = start
    return _core.NormalScore.from_state(state)


@contextmanager
def damage() -> Iterator[None]:
    """Says of a state that cannot be read that it is damaged.

    Raises
    ------
    ConfigError
        A key is missing, or a value has another type or shape than it should.
    """
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"scorer state: damaged: {error}") from None
