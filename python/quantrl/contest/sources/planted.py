"""A generated world of news with known skill: 20 invented companies, six sources, one seed.

Nobody can take it for history: it begins in 2030. Each day's returns are drawn first; a headline then knows the sign and
size of its company's own return of that day with correlation rho of its source. Prices and text of day t are the same
whatever the number of days.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_left
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.contest.clock import LEAD_S
from quantrl.contest.documents.clean import DELAY_NS, Record, make_document
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.entities import Entities
from quantrl.contest.sources import Source, SourceConfig
from quantrl.contest.sources._planted_prices import draw_market, weekdays
from quantrl.contest.types import Document
from quantrl.errors import ConfigError
from quantrl.rng import generator
from quantrl.typing import FloatArray, IntArray
from quantrl.units import NS_PER_DAY, NS_PER_SECOND

if TYPE_CHECKING:
    from quantrl.data import Panel

N_DAYS, MAX_DAYS = 320, 5_000
BUDGET_TOKENS = 1_600
"""L* of this world, eq. 7: it fits two or three of its factors."""
CUTS = (-1.2, -0.4, 0.4, 1.2)
TWO_NAMES, REPEAT = 0.05, 0.02
_MINUTE = 60 * NS_PER_SECOND
_STREAM = 0x504C414E  # "PLAN"
_PAIR_SCALE = 0.5**0.5


@dataclass(frozen=True)
class PlantedSource:
    """How a source writes.

    Parameters
    ----------
    name : str
    rho : float
        Correlation of its latent with the company's own return of the day.
    rate : float
        Mean number of headlines a day.
    dies : bool
        Whether rho is 0 from the middle of 320 days on.
    """

    name: str
    rho: float
    rate: float = 12.0
    dies: bool = False

    def rho_on(self, day: int) -> float:
        """Correlation on this day."""
        return 0.0 if self.dies and day >= N_DAYS // 2 else self.rho


SOURCES = (
    PlantedSource("courier", 0.15),
    PlantedSource("ledger", 0.15),
    PlantedSource("gazette", 0.0),
    PlantedSource("chatter", 0.0, rate=18.0),
    PlantedSource("contrary", -0.15),
    PlantedSource("fading", 0.15, dies=True),
)


@dataclass(frozen=True)
class PlantedWorld:
    """The world with what its readers are not told.

    Parameters
    ----------
    panel : Panel
    docs : DocumentStore
    own : (T, N) float64
        z: the part of r(s) that is a company's own, of unit variance.
    ratings : dict of str to int
        Document id to the rating its phrase stands for.
    days : dict of str to int
        Document id to the day whose decision it is written for.
    """

    panel: Panel
    docs: DocumentStore
    own: FloatArray
    ratings: dict[str, int]
    days: dict[str, int]


def load_planted(seed: int = 0, *, n_days: int = N_DAYS) -> tuple[Panel, DocumentStore]:
    """Prices and documents of the planted world.

    Parameters
    ----------
    seed : int
    n_days : int
        2 to 5,000 weekdays from 2030-01-02 on; a shorter world is the beginning of a longer one.

    Returns
    -------
    panel : Panel
        ``open high low close volume``; days are 09:30 to 16:00 UTC.
    docs : DocumentStore
        Sources `SOURCES`; `docs.entities` knows the companies' names.

    Raises
    ------
    ConfigError
        `seed` or `n_days` out of range.
    """
    world = planted_world(seed, n_days=n_days)
    return world.panel, world.docs


def planted_world(seed: int = 0, *, n_days: int = N_DAYS, rho_scale: float = 1.0) -> PlantedWorld:
    """As `load_planted`, with the truth; `rho_scale` 0 is a world without skill.

    Raises
    ------
    ConfigError
        `seed`, `n_days` or `rho_scale` out of range.
    """
    if not 0 <= seed < 2**63:
        raise ConfigError(f"planted: expected a seed from 0 to 2**63 - 1, got {seed}")
    if not 2 <= n_days <= MAX_DAYS:
        raise ConfigError(f"planted: expected 2 to {MAX_DAYS} days, got {n_days}")
    if not -5.0 <= rho_scale <= 5.0:
        raise ConfigError(f"planted: expected a rho_scale from -5 to 5, got {rho_scale}")
    entities = planted_entities()
    panel, own = draw_market(seed, _STREAM, entities.symbols, n_days)
    ratings: dict[str, int] = {}
    days: dict[str, int] = {}
    documents: list[Document] = []
    for index, source in enumerate(SOURCES):
        row = 0
        for day in range(n_days):
            writer = _Writer(seed, index, source.rho_on(day) * rho_scale, day)
            for record, rating in writer.write(source.rate, own[day], entities, row):
                document = make_document(record, source.name, DELAY_NS)
                ratings[document.id], days[document.id] = rating, day
                documents.append(document)
                row += 1
    return PlantedWorld(panel, DocumentStore(documents, entities=entities), own, ratings, days)


def rating_of(latent: float) -> int:
    """Class of a latent, cut at -1.2, -0.4, 0.4 and 1.2."""
    return bisect_left(CUTS, latent) - 2


@cache
def planted_entities() -> Entities:
    """The 20 companies."""
    companies: dict[str, list[str]] = _language()["companies"]
    return Entities(companies, companies)


@cache
def phrases() -> dict[int, tuple[str, ...]]:
    """Phrases by rating; ``{who}`` stands for one or two names."""
    return {int(rating): tuple(texts) for rating, texts in _language()["phrases"].items()}


class _Writer:
    """Headlines of one source on one day, drawn at an address of their own."""

    def __init__(self, seed: int, source: int, rho: float, day: int) -> None:
        self._rng = generator(seed, _STREAM, "synthetic", draw=1 + source, episode=day)
        self._source, self._rho, self._day = source, rho, day
        lead = LEAD_S * NS_PER_SECOND
        opens = weekdays(day + 2 if day else 1)[0]
        self._until = int(opens[day]) - lead
        self._after = int(opens[day - 1]) - lead if day else self._until - NS_PER_DAY

    def write(self, rate: float, own: FloatArray, entities: Entities, row: int) -> list[tuple[Record, int]]:
        """Records in the order of their time, with the rating of each; some are repeats of one before."""
        count = _poisson(float(self._rng.random()), rate)
        minutes = self._minutes(count)
        written: list[tuple[Record, int]] = []
        for n, minute in enumerate(minutes.tolist()):
            again, which = self._rng.random(2)
            if written and again < REPEAT:
                old, rating = written[int(which * len(written))]
                record = Record(row + n, minute, old.title, old.text, lang="en")
            else:
                record, rating = self._headline(own, entities, row + n, minute)
            written.append((record, rating))
        return written

    def _headline(self, own: FloatArray, entities: Entities, row: int, minute: int) -> tuple[Record, int]:
        rng = self._rng
        n = len(own)
        first = int(rng.random() * n)
        second = (first + 1 + int(rng.random() * (n - 1))) % n
        two = rng.random() < TWO_NAMES
        signal = (own[first] + own[second]) * _PAIR_SCALE if two else own[first]
        latent = self._rho * signal + (1.0 - self._rho**2) ** 0.5 * rng.standard_normal()
        rating = rating_of(float(latent))
        who = self._name(entities, first)
        if two:
            who += f" and {self._name(entities, second)}"
        options, sentences = phrases()[rating], _language()["other"]["sentences"]
        title = options[int(rng.random() * len(options))].format(who=who)
        sentence = sentences[int(rng.random() * len(sentences))]
        number = 100 + row * len(SOURCES) + self._source
        return Record(row, minute, title, sentence.format(number=number), lang="en"), rating

    def _name(self, entities: Entities, index: int) -> str:
        symbol = entities.symbols[index]
        names = (symbol, *entities.aliases[symbol])
        return names[int(self._rng.random() * len(names))]

    def _minutes(self, count: int) -> IntArray:
        """Whole minutes, no two alike, at which a document is published so that it is available in the day's window."""
        first = -(-(self._after - DELAY_NS + 1) // _MINUTE)
        last = (self._until - DELAY_NS) // _MINUTE
        room = last - first + 1
        taken: set[int] = set()
        while len(taken) < count:
            taken.add(first + int(self._rng.random() * room))
        return np.array(sorted(taken), dtype=np.int64) * _MINUTE


def _poisson(u: float, rate: float) -> int:
    """By inversion: the smallest k whose distribution function is above u."""
    return int(np.searchsorted(_cumulative(rate), u, side="right"))


@cache
def _cumulative(rate: float) -> FloatArray:
    term, total, table = float(np.exp(-rate)), 0.0, []
    for k in range(1, 200):
        total += term
        table.append(total)
        term *= rate / k
    return np.array(table)


@cache
def _language() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("planted.toml").read_text(encoding="utf-8"))


def load(config: SourceConfig, panel: Panel | None = None) -> DocumentStore:
    """Documents of ``load_planted(config.seed)``."""
    if config.path is not None or config.columns:
        raise ConfigError("documents: planted is generated; remove path and columns")
    return load_planted(config.seed)[1]


SOURCE = Source(
    "planted", "a generated world: 20 companies, 6 sources of known skill, 320 days from 2030-01-02", load
)
