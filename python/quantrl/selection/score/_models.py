"""Regressions of labels on features: ridge from running sums, or boosted trees on what is kept."""

from __future__ import annotations

import importlib
from typing import Any, Protocol

import numpy as np

from quantrl.errors import ConfigError
from quantrl.selection.score._decayed import matrix
from quantrl.typing import FloatArray

KEPT = 60
REFIT = 4
_TREES = {
    "objective": "regression",
    "learning_rate": 0.05,
    "num_leaves": 7,
    "max_depth": 3,
    "min_data_in_leaf": 20,
    "seed": 42,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
_ROUNDS = 50


class Model(Protocol):
    """Learns from batches, each once."""

    rows: int

    def add(self, x: FloatArray, y: FloatArray) -> None:
        """A batch: features (m, p), labels (m,)."""
        ...

    def predict(self, x: FloatArray) -> tuple[FloatArray, float]:
        """Forecasts (k,) of features (k, p), and the mean squared error on what was learnt."""
        ...

    def state(self) -> dict[str, Any]:
        """State as JSON."""
        ...

    def restored(self, state: dict[str, Any]) -> Model:
        """The same model as it was saved."""
        ...


class Ridge:
    """w = (X'X + penalty I)^-1 X'y over all batches; no intercept, both sides have mean 0."""

    def __init__(self, p: int, penalty: float) -> None:
        self.penalty, self.rows = penalty, 0
        # X'X, and X'y with y'y below it in the last column.
        self._sums: FloatArray = np.zeros((p + 1, p + 1))

    def add(self, x: FloatArray, y: FloatArray) -> None:
        """A batch."""
        both = np.column_stack([x, y])
        # Row by row, not by BLAS: the bits do not depend on the machine.
        self._sums += np.einsum("ki,kj->ij", both, both)
        self.rows += len(y)

    def predict(self, x: FloatArray) -> tuple[FloatArray, float]:
        """Forecasts and mean squared error. O(p³)."""
        gram, cross, square = self._sums[:-1, :-1], self._sums[:-1, -1], self._sums[-1, -1]
        slope = np.linalg.solve(gram + self.penalty * np.eye(len(cross)), cross)
        error = square - 2.0 * (slope * cross).sum() + (slope * (gram * slope).sum(axis=1)).sum()
        return (x * slope).sum(axis=1), max(float(error), 0.0) / max(self.rows, 1)

    def state(self) -> dict[str, Any]:
        """State as JSON."""
        return {"rows": self.rows, "sums": self._sums.tolist()}

    def restored(self, state: dict[str, Any]) -> Ridge:
        """The same model as it was saved."""
        made = Ridge(len(self._sums) - 1, self.penalty)
        made.rows, made._sums = int(state["rows"]), matrix(state["sums"], self._sums.shape)
        return made


class Trees:
    """Small boosted trees on the newest 60 batches, fitted again with every fourth batch.

    Raises
    ------
    ConfigError
        lightgbm is not installed.
    """

    def __init__(self, p: int) -> None:
        self._package, self._p = _package(), p
        self.rows, self._batches = 0, 0
        self._kept: list[FloatArray] = []
        self._fitted: tuple[int, Any, float] | None = None

    def add(self, x: FloatArray, y: FloatArray) -> None:
        """A batch."""
        self._kept.append(np.column_stack([x, y]))
        self._batches += 1
        self.rows = sum(len(batch) for batch in self._kept[-KEPT:])
        del self._kept[: -(KEPT + REFIT)]

    def predict(self, x: FloatArray) -> tuple[FloatArray, float]:
        """Forecasts and mean squared error of the last fit, which depends on the batches alone."""
        newer = self._batches % REFIT if self._batches > REFIT else 0
        fitted = self._batches - newer
        if self._fitted is None or self._fitted[0] != fitted:
            learnt = np.vstack(self._kept[: len(self._kept) - newer][-KEPT:])
            data = self._package.Dataset(learnt[:, :-1], learnt[:, -1], free_raw_data=False)
            model = self._package.train(_TREES, data, num_boost_round=_ROUNDS)
            off = learnt[:, -1] - model.predict(learnt[:, :-1], num_threads=1)
            self._fitted = fitted, model, float((off * off).mean())
        _, model, error = self._fitted
        return model.predict(x, num_threads=1), error

    def state(self) -> dict[str, Any]:
        """State as JSON."""
        return {"batches": self._batches, "kept": [batch.tolist() for batch in self._kept]}

    def restored(self, state: dict[str, Any]) -> Trees:
        """The same model as it was saved: it is fitted again from the same batches."""
        made = Trees(self._p)
        made._kept = [matrix(batch, (len(batch), self._p + 1)) for batch in state["kept"]]
        made._batches = int(state["batches"])
        if made._batches < len(made._kept):
            raise ValueError(f"batches: expected at least {len(made._kept)}, got {made._batches}")
        made.rows = sum(len(batch) for batch in made._kept[-KEPT:])
        return made


def _package() -> Any:
    try:
        return importlib.import_module("lightgbm")
    except (ImportError, OSError) as error:
        raise ConfigError(
            f"score learned: lightgbm is not usable here ({error}); pip install 'quantrl[baselines]', or model='ridge'"
        ) from None
