"""The predictors a config names."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from quantrl.contest.predict import Predictor
from quantrl.contest.presets import PredictorConfig

if TYPE_CHECKING:
    from quantrl.contest.world import World

Contest = Literal["data", "research"]


def predictor_of(world: World, contest: Contest) -> Predictor:
    """The predictor of one of the two contests.

    Raises
    ------
    ConfigError
        A parameter out of range, or a package that is missing.
    """
    mechanism, calendar = world.mechanism, world.calendar
    config = mechanism.data_predictor if contest == "data" else mechanism.research_predictor
    gated = contest == "research" and mechanism.judges is not None and mechanism.judges.use == "gated"
    return _build(config or PredictorConfig(), contest, gated, calendar.calibrated, calendar.delay)


@lru_cache(maxsize=8)
def _build(config: PredictorConfig, contest: Contest, gated: bool, calibrated: int, delay: int) -> Predictor:
    from quantrl.contest.predict.ew import Ew
    from quantrl.contest.predict.gate import Gate
    from quantrl.contest.predict.lightgbm import LightGBM
    from quantrl.contest.predict.ridge5 import Ridge5

    if config.name == "ridge5":
        return Ridge5(config.n, half_life=config.half_life, delay=delay)
    if config.name == "lightgbm":
        once = config.fit == "calibration"
        return LightGBM(
            contest,
            target=config.target,
            n=config.n,
            fit=config.fit,
            calibration=calibrated if once else None,
            sd_floor=config.floor,
            delay=delay,
        )
    return Gate(config.half_life, n=config.n, delay=delay) if gated else Ew(config.half_life)
