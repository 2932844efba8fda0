from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from counts import FULL
from quantrl.contest import Clock, load_documents, load_planted
from quantrl.contest.sources.planted import (
    SOURCES,
    PlantedWorld,
    phrases,
    planted_entities,
    planted_world,
    rating_of,
)
from quantrl.contest.zi import day_returns
from quantrl.errors import ConfigError
from quantrl.typing import FloatArray
from quantrl.units import iso_date

SEEDS = range(12) if FULL else range(2)
TOTAL = 320 * (5 * 12 + 18)


@cache
def world(seed: int) -> PlantedWorld:
    return planted_world(seed)


@cache
def patterns() -> list[tuple[re.Pattern[str], int]]:
    return [
        (re.compile(re.escape(text).replace(r"\{who\}", ".+")), rating)
        for rating, texts in phrases().items()
        for text in texts
    ]


def read_rating(title: str) -> int | None:
    """What a reader makes of a headline who knows the phrases and nothing else."""
    return next((rating for pattern, rating in patterns() if pattern.fullmatch(title)), None)


def pairs(seed: int, source: str) -> FloatArray:
    """(k, 3): day, rating, own return of the company, for each company a headline names."""
    w = world(seed)
    column = {symbol: i for i, symbol in enumerate(w.panel.instruments)}
    return np.array(
        [
            (w.days[d.id], w.ratings[d.id], w.own[w.days[d.id], column[symbol]])
            for d in w.docs.as_of(2**62).window(0, source=source)
            for symbol in d.symbols
        ]
    )


def correlation(rows: FloatArray) -> float:
    return float(np.corrcoef(rows[:, 1], rows[:, 2])[0, 1])


@pytest.mark.parametrize("seed", SEEDS)
def test_ratings_are_recovered_from_the_phrases(seed: int) -> None:
    w = world(seed)
    docs = list(w.docs.as_of(2**62))
    right = sum(read_rating(d.title) == w.ratings[d.id] for d in docs)
    assert right / len(docs) >= 0.95
    assert all(1 <= len(d.symbols) <= 2 for d in docs)
    assert set(w.ratings) == {d.id for d in w.docs._everything}


@pytest.mark.parametrize("seed", SEEDS)
def test_sources_know_what_the_table_says(seed: int) -> None:
    # classes of a normal cut at .4 and 1.2 keep .95 of its correlation; one standard error is about .016
    for source in SOURCES:
        rows = pairs(seed, source.name)
        if source.dies:
            assert correlation(rows[rows[:, 0] < 160]) == pytest.approx(0.14, abs=0.08)
            assert correlation(rows[rows[:, 0] >= 160]) == pytest.approx(0.0, abs=0.08)
        else:
            assert correlation(rows) == pytest.approx(0.93 * source.rho, abs=0.055)


def test_the_table_has_two_informative_two_noise_one_inverted_and_one_that_dies() -> None:
    known = sorted((source.rho, source.dies) for source in SOURCES)
    assert known == [(-0.15, False), (0.0, False), (0.0, False), (0.15, False), (0.15, False), (0.15, True)]
    assert sorted(source.rate for source in SOURCES) == [12, 12, 12, 12, 12, 18]


@pytest.mark.parametrize("seed", SEEDS)
def test_counts_names_and_repeats(seed: int) -> None:
    w = world(seed)
    docs = list(w.docs.as_of(2**62))
    assert len(docs) + w.docs.repeats == pytest.approx(TOTAL, abs=5 * TOTAL**0.5)
    assert w.docs.repeats / TOTAL == pytest.approx(0.0185, abs=0.004)  # a day's first cannot be one
    assert np.mean([len(d.symbols) == 2 for d in docs]) == pytest.approx(0.05, abs=0.007)
    shares = [np.mean([w.ratings[d.id] == rating for d in docs]) for rating in range(-2, 3)]
    np.testing.assert_allclose(shares, [0.1151, 0.2295, 0.3108, 0.2295, 0.1151], atol=0.012)


@pytest.mark.parametrize("seed", SEEDS)
def test_returns_are_as_drawn(seed: int) -> None:
    w = world(seed)
    returns = day_returns(w.panel)[:-1]
    market = returns - 0.018 * w.own[:-1]
    np.testing.assert_allclose(market, np.broadcast_to(market[:, :1], market.shape), atol=1e-12)
    assert market[:, 0].std() == pytest.approx(0.008, rel=0.2)
    assert w.own.std() == pytest.approx(1.0, abs=0.06)
    kurtosis = (w.own**4).mean() / (w.own**2).mean() ** 2
    assert kurtosis > 3.8  # 3 of a normal, 9 of t with 5 degrees of freedom
    for name in ("open", "close"):
        assert (w.panel["low"] <= w.panel[name]).all()
        assert (w.panel[name] <= w.panel["high"]).all()


def test_days_tickers_and_windows() -> None:
    w = world(0)
    assert w.panel.shape == (320, 20)
    assert iso_date(int(w.panel.time[0])) == "2030-01-02"
    clock = Clock.of_panel(w.panel)
    for d in w.docs.as_of(2**62):
        after, until = clock.window(w.days[d.id])
        assert after < d.available_at <= until
        assert d.published_at % (60 * 10**9) == 0
        assert len(d.title) <= 300


def test_headlines_of_the_future_are_not_known() -> None:
    w = world(0)
    clock = Clock.of_panel(w.panel)
    view = w.docs.as_of(clock.d(50))
    assert max(w.days[d.id] for d in view) == 50
    assert w.panel.as_of(clock.d(50)).n == 50


def test_a_shorter_world_is_the_beginning_of_a_longer_one() -> None:
    panel, docs = load_planted(1, n_days=30)
    longer, w = world(1).panel, world(1)
    assert longer.head(30).id == panel.id
    end = Clock.of_panel(panel).d(29)
    assert docs.as_of(end).sha256 == w.docs.as_of(end).sha256


def test_seeds_differ_and_are_pinned() -> None:
    panel, docs = load_planted(0, n_days=10)
    assert load_planted(1, n_days=10)[1].sha256 != docs.sha256
    assert panel.id[:16] == "12f2a9ebf2e7c355"
    assert docs.sha256[:16] == "8f13d6a3f922cc53"
    assert load_documents({"source": "planted", "seed": 0}).sha256 == world(0).docs.sha256


def test_without_skill_nothing_is_known() -> None:
    w = planted_world(0, n_days=120, rho_scale=0.0)
    column = {symbol: i for i, symbol in enumerate(w.panel.instruments)}
    rows = [(w.ratings[d.id], w.own[w.days[d.id], column[s]]) for d in w.docs.as_of(2**62) for s in d.symbols]
    assert abs(float(np.corrcoef(np.array(rows).T)[0, 1])) < 0.03


def test_language() -> None:
    entities = planted_entities()
    assert len(entities.symbols) == 20
    assert sorted(phrases()) == [-2, -1, 0, 1, 2]
    assert all(len(texts) == 8 and all("{who}" in text for text in texts) for texts in phrases().values())
    assert [rating_of(x) for x in (-1.3, -0.5, 0.0, 0.5, 1.3)] == [-2, -1, 0, 1, 2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"seed": -1}, "expected a seed from 0"),
        ({"n_days": 1}, "expected 2 to 5000 days, got 1"),
        ({"rho_scale": 9.0}, "expected a rho_scale from -5 to 5, got 9"),
    ],
)
def test_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        planted_world(**settings)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="planted is generated; remove path"):
        load_documents({"source": "planted", "path": "x"})
