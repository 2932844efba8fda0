"""C4: the opinion of a word list on headlines, beside VADER's."""

from __future__ import annotations

import hashlib
import importlib

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.contest.analysts.lexicon import polarity, rating_of
from quantrl.contest.sources.planted import planted_world
from quantrl.typing import FloatArray

OURS, PEER = "rules", "vaderSentiment"
HEADLINES = {"full": 10_000, "small": 300}
DAYS = {"full": 150, "small": 8}


def case(size: str) -> RateCase:
    """Headlines of the planted world; ours must be the ratings they were written for, VADER answers another question."""
    world = planted_world(0, n_days=DAYS[size])
    _, last = world.docs.span or (0, 0)
    documents = list(world.docs.as_of(last))[: HEADLINES[size]]
    titles = [document.title for document in documents]
    truth = np.array([world.ratings[document.id] for document in documents], dtype=np.float64)

    def ours() -> FloatArray:
        return np.array([rating_of(polarity(title)) for title in titles], dtype=np.float64)

    contenders = [Contender(OURS, ours, len(titles))]
    absent: dict[str, str] = {}
    try:
        contenders.append(_peer(titles))
    except ImportError as error:
        absent = {PEER: f"not installed here ({error})"}
    return RateCase(
        "C4",
        f"polarity and rating of {len(titles):,} planted headlines",
        "documents",
        tuple(contenders),
        (Goal(OURS, 5.0, PEER),),
        (Check("the planted ratings", ours, lambda: truth, 1e-9),),
        absent,
        hashlib.sha256("\n".join(titles).encode()).hexdigest(),
    )


def _peer(titles: list[str]) -> Contender:
    score = (
        importlib.import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer().polarity_scores
    )

    def call() -> FloatArray:
        return np.array([score(title)["compound"] for title in titles])

    return Contender(PEER, call, len(titles))
