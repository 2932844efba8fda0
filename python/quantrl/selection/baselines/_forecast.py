"""Mean and deviation of an agent's next three net returns, learned from all agents' last five."""

from __future__ import annotations

import importlib
from typing import Any, Literal

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection.score._models import Ridge
from quantrl.typing import FloatArray

PAST, AHEAD = 5, 3
NAMES = ("last", "mean3", "sd3", "mean5", "sd5")
MIN_SAMPLES = 60
_PERCENT = 100.0
_KEPT, _REFIT = 10_000, 500
_TREES = {
    "objective": "regression",
    "learning_rate": 0.1,
    "max_depth": 6,
    "seed": 42,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
_ROUNDS = 100


class Forecast:
    """Two regressions, taught one matured sample after the other.

    Parameters
    ----------
    model : {"ridge", "lightgbm"}
        Linear on everything, or boosted trees on the newest 10,000 samples, fitted again after every 500.

    Raises
    ------
    ConfigError
        Unknown model, or lightgbm is not installed.
    """

    def __init__(self, model: Literal["ridge", "lightgbm"] = "ridge") -> None:
        if model not in ("ridge", "lightgbm"):
            raise ConfigError(f"model: expected ridge or lightgbm, got {model!r}")
        self.model = model
        self._package = _package() if model == "lightgbm" else None
        self._linear = [Ridge(len(NAMES) + 1, 1.0) for _ in range(2)]
        self._samples: list[list[float]] = []
        self._taught = 0
        self._fitted: tuple[int, list[Any]] = (-1, [])

    def teach(self, rows: list[float]) -> None:
        """Take the last rows of an agent, oldest first, of which eight make a sample."""
        if len(rows) < PAST + AHEAD:
            return
        window = np.array(rows[-PAST - AHEAD :]) * _PERCENT
        x, ahead = features(window[None, :PAST]), window[PAST:]
        target = np.array([ahead.mean(), ahead.std()])
        self._taught += 1
        if self._package is None:
            for model, y in zip(self._linear, target, strict=True):
                model.add(_with_one(x), np.array([y]))
            return
        self._samples.append([*x[0].tolist(), *target.tolist()])
        del self._samples[: -(_KEPT + _REFIT)]

    def predict(self, rows: FloatArray) -> tuple[FloatArray, FloatArray] | None:
        """Mean and deviation (k,) of what follows rows (k, 5); None under 60 samples."""
        if self._taught < MIN_SAMPLES:
            return None
        x = features(rows * _PERCENT)
        if self._package is None:
            mean, sd = (model.predict(_with_one(x))[0] for model in self._linear)
        else:
            mean, sd = (model.predict(x, num_threads=1) for model in self._trees())
        return mean / _PERCENT, np.maximum(sd, 0.0) / _PERCENT

    def state_dict(self) -> dict[str, Any]:
        """State as JSON."""
        linear = [model.state() for model in self._linear]
        return {"taught": self._taught, "linear": linear, "samples": [list(one) for one in self._samples]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where `state_dict` stopped."""
        self._taught = int(state["taught"])
        pairs = zip(self._linear, state["linear"], strict=True)
        self._linear = [model.restored(saved) for model, saved in pairs]
        self._samples = [[float(value) for value in one] for one in state["samples"]]
        self._fitted = (-1, [])

    def _trees(self) -> list[Any]:
        newer = self._taught % _REFIT if self._taught > _REFIT else self._taught - MIN_SAMPLES
        fitted = self._taught - newer
        if self._fitted[0] != fitted:
            learnt = np.array(self._samples[: len(self._samples) - newer][-_KEPT:])
            package: Any = self._package
            self._fitted = (
                fitted,
                [
                    package.train(_TREES, package.Dataset(learnt[:, :-2], y), num_boost_round=_ROUNDS)
                    for y in learnt[:, -2:].T
                ],
            )
        return self._fitted[1]


def features(rows: FloatArray) -> FloatArray:
    """(k, 5) in the order of `NAMES` of rows (k, 5), oldest first; deviations divide by the number of rows."""
    late = rows[:, -3:]
    columns = (rows[:, -1], late.mean(axis=1), late.std(axis=1), rows.mean(axis=1), rows.std(axis=1))
    return np.stack(columns, axis=1)


def _with_one(x: FloatArray) -> FloatArray:
    return np.column_stack([x, np.ones(len(x))])


def _package() -> Any:
    try:
        return importlib.import_module("lightgbm")
    except (ImportError, OSError) as error:
        raise ConfigError(
            f"model: lightgbm is not usable here ({error}); pip install 'quantrl[baselines]', or choose ridge"
        ) from None
