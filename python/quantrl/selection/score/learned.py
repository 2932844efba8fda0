"""A forecast of what comes next, learned from how agents of the pool have behaved and what they earned afterwards."""

from __future__ import annotations

import math
from typing import Any, Literal, final

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection._ledger_view import LedgerView
from quantrl.selection.frame import ScoreFrame
from quantrl.selection.score import Update
from quantrl.selection.score._decayed import shrink
from quantrl.selection.score._features import NAMES, Features
from quantrl.selection.score._models import Model, Ridge, Trees
from quantrl.selection.score._record import DAYS_PER_YEAR, HALF_LIFE, TARGET_VOL, Record, Scaled, damage
from quantrl.selection.score._samples import Samples
from quantrl.typing import JsonObject

MODELS = ("ridge", "lightgbm")
EVERY = 5
LEAST_ROWS = 10 * len(NAMES)


@final
class Learned:
    """Regresses the mean scaled return of the next `horizon` rounds on features of the agent, pooled over agents.

    Every 5 rounds the ready agents give a sample: volatility, drawdown, cost, beta to the pool, share of rounds acted
    in, logged changes, and exponentially weighted means at half-lives 21, 63 and 126, each standardised over the agents
    of the round; the label is less its mean over them. Forecasts, in target volatilities per round, are shrunk over the
    ready.

    Parameters
    ----------
    model : {"ridge", "lightgbm"}
        Ridge over all samples, or small boosted trees over the newest 60 rounds sampled; the trees need
        ``quantrl[baselines]``.
    horizon : int
        Rounds a label looks ahead.
    embargo : int, optional
        Rounds between the end of a label and the first forecast that may use it; `horizon` by default.
    penalty : float
        Of the ridge.
    target_vol : float
        Annual volatility every agent is scaled to before it is compared.
    periods_per_year : float
        Rounds a year.

    Notes
    -----
    A sample counts once ``horizon + embargo`` rounds after it have matured. Nobody is ready before 90 rows of agents have. A
    ledger row carries neither turnover nor trials: cost and the number of logged changes stand in. The variance of a
    forecast is taken as error² features (horizon / 5) / rows, the same for all: labels that overlap count once.

    References
    ----------
    Hoerl and Kennard (1970), Ridge regression, Technometrics 12. Lopez de Prado (2018), Advances in financial machine
    learning, chapter 7, for the embargo.
    """

    def __init__(
        self,
        model: Literal["ridge", "lightgbm"] = "ridge",
        *,
        horizon: int = 21,
        embargo: int | None = None,
        penalty: float = 100.0,
        target_vol: float = TARGET_VOL,
        periods_per_year: float = DAYS_PER_YEAR,
    ) -> None:
        if model not in MODELS:
            raise ConfigError(f"model: expected {' or '.join(MODELS)}, got {model!r}")
        if horizon < 1 or (embargo is not None and embargo < 0):
            raise ConfigError(f"horizon, embargo: expected at least 1 and 0, got {horizon} and {embargo}")
        if not 0 < penalty < math.inf:
            raise ConfigError(f"penalty: expected a positive number, got {penalty!r}")
        self.model: Literal["ridge", "lightgbm"] = model
        self.horizon, self.penalty = horizon, float(penalty)
        self.embargo = horizon if embargo is None else embargo
        self._record = Record(half_life=HALF_LIFE, target_vol=target_vol, periods_per_year=periods_per_year)
        self._features = Features(self._record.sigma)
        self._samples = Samples(self.horizon, self.embargo)
        self._model: Model = Trees(len(NAMES)) if model == "lightgbm" else Ridge(len(NAMES), self.penalty)
        self._round = 0

    def update(self, view: LedgerView) -> Update:
        """Fold the rounds that became available since the last view.

        Raises
        ------
        LookAheadError
            Not a `LedgerView`, or one older than the last.
        """
        return self._record.update(view, self._fold)

    def _fold(self, scaled: Scaled) -> None:
        n = len(self._record)
        self._features.fold(n, scaled)
        self._samples.restart(scaled.changed)
        for x, y in self._samples.fold(scaled.agent, scaled.x / self._record.sigma, n):
            self._model.add(x, y)
        self._round += 1
        if self._round % EVERY == 0:
            known = self._record.known()
            ready = np.flatnonzero(known["ready"])
            if len(ready) > 1:
                self._samples.add(ready, self._features.of(ready, known, self._record.version))

    def scores(self) -> ScoreFrame:
        """Scores after the last update."""
        known = self._record.known()
        ready = (known["ready"] == 1) & (self._model.rows >= LEAST_ROWS)
        s, v = np.zeros((2, len(ready)))
        if ready.any():
            features = self._features.of(np.flatnonzero(ready), known, self._record.version)
            s[ready], error = self._model.predict(features)
            v[ready] = error * len(NAMES) * max(self.horizon / EVERY, 1.0) / self._model.rows
        mean, sd = shrink(s, v, ready)
        return self._record.frame(known, mean=mean, sd=sd, ready=ready)

    def settings(self) -> JsonObject:
        """Parameters."""
        names = ("model", "horizon", "embargo", "penalty")
        rest = {key: value for key, value in self._record.settings().items() if key != "half_life"}
        return {**{name: getattr(self, name) for name in names}, **rest}

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        own = {"round": self._round, "features": self._features.state(), "samples": self._samples.state()}
        return {**self._record.state(), **own, "model": self._model.state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped.

        Raises
        ------
        ConfigError
            Of another version, or damaged; nothing is loaded.
        """
        record = self._record.restored(state)
        with damage():
            features = self._features.restored(state["features"], len(record))
            samples = self._samples.restored(state["samples"], len(record), len(NAMES))
            model, played = self._model.restored(state["model"]), int(state["round"])
        self._record, self._features, self._samples = record, features, samples
        self._model, self._round = model, played
