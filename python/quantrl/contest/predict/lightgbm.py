"""The paper's predictor: small gradient-boosted trees, from the optional package lightgbm."""

from __future__ import annotations

import importlib
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

import numpy as np

from quantrl.contest.predict import DELAY, Prediction, checked, checked_judged
from quantrl.contest.predict.ew import Ew, floored, ratio
from quantrl.contest.predict.features import SPAN, features, judge_features
from quantrl.contest.predict.targets import Rows, learnt
from quantrl.contest.predict.windows import latest, training
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray, JsonObject

SEED = 42
ROUNDS = 100
MIN_ROWS = 60


@dataclass(frozen=True)
class Trees:
    """What `lightgbm.train` is told of one target.

    The two first are the released code's data team, `RESEARCH` its research team (79249b5).
    """

    objective: str
    learning_rate: float
    num_leaves: int
    max_depth: int
    min_data_in_leaf: int = 20


DATA_MEAN = Trees("regression_l1", 0.05, 12, 5)
DATA_SD = Trees("regression_l1", 0.05, 15, 5)
RESEARCH = Trees("regression", 0.1, 31, 6)


@final
class LightGBM:
    """Two models, mean and deviation of the next n scores, or one of their ratio; fitted anew from what has matured.

    Parameters
    ----------
    contest : {'data', 'research'}
        Whose trees.
    target : {'mean_sd', 'sharpe'}
        u = mean / deviation of two models, or the ratio itself from one.
    n : int
        Days of a target, at least 2.
    fit : {'expanding', 'calibration'}
        On everything matured, or once on the first `calibration` days.
    calibration : int, optional
        Days 0..calibration-1 of the scores; with ``fit="calibration"`` only.
    sd_floor : float, optional
        Smallest deviation, in units of the scores; by default a quarter of the median of the agents.
    threads : int
        The bits are the same for any number.
    delay : int
        Days from the newest matured score to the decision.

    Raises
    ------
    ConfigError
        A parameter out of range, or lightgbm is not installed.

    Notes
    -----
    Nothing stands in for it: until 60 rows have matured, or the calibration has, every u is NaN and the rule for cold
    agents holds. The fitted text is for audits; it is never loaded.
    """

    def __init__(
        self,
        contest: Literal["data", "research"] = "data",
        *,
        target: Literal["mean_sd", "sharpe"] = "mean_sd",
        n: int = 3,
        fit: Literal["expanding", "calibration"] = "expanding",
        calibration: int | None = None,
        sd_floor: float | None = None,
        threads: int = 1,
        delay: int = DELAY,
    ) -> None:
        _check_choice("contest", contest, ("data", "research"))
        _check_choice("target", target, ("mean_sd", "sharpe"))
        _check_choice("fit", fit, ("expanding", "calibration"))
        if n < 2 or threads < 1 or delay < 1:
            raise ConfigError(
                f"n, threads, delay: expected at least 2, 1 and 1, got {n}, {threads} and {delay}"
            )
        if (fit == "calibration") != (calibration is not None) or (
            calibration is not None and calibration < 1
        ):
            raise ConfigError(f"calibration: expected days with fit='calibration' only, got {calibration}")
        if sd_floor is not None and not 0 < sd_floor < np.inf:
            raise ConfigError(f"sd_floor: expected a positive number, got {sd_floor}")
        self._package = package()
        self.contest, self.target, self.n = contest, target, n
        self.fit, self.calibration, self.sd_floor = fit, calibration, sd_floor
        self.threads, self.delay = threads, delay
        self._fitted: tuple[bytes, list[Any]] = (b"", [])

    def predict(self, scores: FloatArray, judged: FloatArray | None = None) -> Prediction:
        """u for the decision after these scores; with `judged`, features of the judges beside the five."""
        scores = checked(scores)
        extra = None
        if judged is not None:
            extra = judge_features(checked_judged(judged, scores, self.delay))
        early = Ew().predict(scores)
        models = self._models(scores, extra)
        unknown = np.full(scores.shape[1], np.nan)
        if not models:
            return Prediction(unknown, unknown, unknown, early.n_eff, early.matured)
        x = features(latest(scores, SPAN))
        seen = np.isfinite(x).all(axis=-1)
        if extra is not None:
            x = np.concatenate([x, extra[-1]], axis=-1)
        mean, *rest = (np.where(seen, model.predict(x, num_threads=self.threads), np.nan) for model in models)
        if not rest:
            return Prediction(mean, mean, np.where(seen, 1.0, np.nan), early.n_eff, early.matured)
        sd = np.maximum(rest[0], self.sd_floor) if self.sd_floor else floored(rest[0], early.matured)
        return Prediction(ratio(mean, sd), mean, sd, early.n_eff, early.matured)

    def model_text(self) -> tuple[str, ...]:
        """The models of the last prediction as text."""
        return tuple(model.model_to_string() for model in self._fitted[1])

    def settings(self) -> JsonObject:
        """Parameters; `threads` changes no bit and is left out."""
        names = ("contest", "target", "n", "fit", "calibration", "sd_floor", "delay")
        return {name: getattr(self, name) for name in names}

    def _models(self, scores: FloatArray, extra: FloatArray | None) -> list[Any]:
        if self.calibration is not None:
            if len(scores) < self.calibration:
                return []
            scores = scores[: self.calibration]
        rows = learnt(training(scores, SPAN, self.n, delay=self.delay), extra)
        if len(rows) < MIN_ROWS:
            return []
        key = b"".join(part.tobytes() for part in (rows.x, rows.mean, rows.sd))
        if key != self._fitted[0]:
            self._fitted = key, [self._train(rows.x, y, trees) for y, trees in self._targets(rows)]
        return self._fitted[1]

    def _targets(self, rows: Rows) -> list[tuple[FloatArray, Trees]]:
        research = self.contest == "research"
        if self.target == "sharpe":
            return [(rows.mean / rows.floored_sd, RESEARCH if research else DATA_MEAN)]
        return [
            (rows.mean, RESEARCH if research else DATA_MEAN),
            (rows.sd, RESEARCH if research else DATA_SD),
        ]

    def _train(self, x: FloatArray, y: FloatArray, trees: Trees) -> Any:
        params = {
            **asdict(trees),
            "seed": SEED,
            "num_threads": self.threads,
            "deterministic": True,
            "force_row_wise": True,
            "verbosity": -1,
        }
        return self._package.train(params, self._package.Dataset(x, y), num_boost_round=ROUNDS)


def package() -> Any:
    """lightgbm.

    Raises
    ------
    ConfigError
        Not installed, or its OpenMP library is missing.
    """
    try:
        return importlib.import_module("lightgbm")
    except (ImportError, OSError) as error:
        raise ConfigError(
            f"predictor lightgbm: the package is not usable here ({error}); pip install 'quantrl[baselines]', "
            "or choose ew or ridge5"
        ) from None


def _check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(f"{field}: expected one of {', '.join(choices)}, got {value!r}")
