"""C3: a utility for every agent on every day, beside the published predictor refitted every day."""

from __future__ import annotations

import hashlib

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.contest.predict.ew import PRIOR, SD_FLOOR, Ew
from quantrl.contest.predict.lightgbm import LightGBM
from quantrl.errors import ConfigError
from quantrl.rng import generator
from quantrl.typing import FloatArray

OURS, PEER = "ew", "LightGBM, refitted daily"
SHAPES = {"full": (504, 20), "small": (63, 6)}
REFITS = {"full": 12, "small": 2}
HALF_LIFE = 63.0
_STREAM = 9022


def case(size: str) -> RateCase:
    """Decisions a second; the trees are fitted on a few of the days, spread evenly, and give no equal answer."""
    days, agents = SHAPES[size]
    scores = generator(0, _STREAM, "synthetic").normal(2e-4, 0.01, (days, agents))
    ew = Ew(HALF_LIFE)
    contenders = [Contender(OURS, lambda: ew.walk(scores), days)]
    absent: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    try:
        contenders.append(_peer(scores, REFITS[size]))
        notes = (f"{PEER}: two models on each of {REFITS[size]} of the {days} days, spread evenly",)
    except ConfigError as error:
        absent = {PEER: str(error)}
    return RateCase(
        "C3",
        f"walk-forward utilities, {agents} agents x {days} days",
        "decisions",
        tuple(contenders),
        (Goal(OURS, 100.0, PEER),),
        (Check("the closed form", lambda: ew.walk(scores).u[3:], lambda: _closed_form(scores)[3:], 1e-9),),
        absent,
        hashlib.sha256(scores.tobytes()).hexdigest(),
        notes,
    )


def _peer(scores: FloatArray, refits: int) -> Contender:
    predictor = LightGBM()
    ends = np.linspace(len(scores) / refits, len(scores), refits).astype(int).tolist()

    def call() -> FloatArray:
        return np.array([predictor.predict(scores[:end]).u for end in ends])

    return Contender(PEER, call, refits)


def _closed_form(scores: FloatArray) -> FloatArray:
    """u of every day from all weights at once, as the formulas are written."""
    found = np.full(scores.shape, np.nan)
    for t in range(2, len(scores)):
        w = 0.5 ** (np.arange(t, -1, -1) / HALF_LIFE)[:, None]
        x = scores[: t + 1]
        mean = (w * x).sum(axis=0) / w.sum()
        sd = np.sqrt((w * (x - mean) ** 2).sum(axis=0) / w.sum())
        n_eff = w.sum() ** 2 / (w**2).sum()
        found[t] = mean * n_eff / (n_eff + PRIOR) / np.maximum(sd, SD_FLOOR * np.median(sd))
    return found
