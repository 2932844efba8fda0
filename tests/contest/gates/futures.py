"""The planted world up to one decision, and another one after it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from quantrl.contest import Clock, Document, DocumentStore
from quantrl.contest.documents.clean import Record, make_document
from quantrl.contest.fundamentals import Figure, Fundamentals
from quantrl.contest.sources.planted import load_planted
from quantrl.data import Panel

N_DAYS = 60
CANARY = "XYLOPHONICAL"


@dataclass(frozen=True)
class Inputs:
    """What a contest is given."""

    panel: Panel
    documents: tuple[Document, ...]
    figures: tuple[Figure, ...]
    docs: DocumentStore

    @property
    def fundamentals(self) -> Fundamentals:
        return Fundamentals(self.figures)

    @property
    def clock(self) -> Clock:
        return Clock.of_panel(self.panel)


def inputs(seed: int = 0) -> Inputs:
    """Prices, documents and figures: each company files two names every third day."""
    panel, docs = load_planted(seed, n_days=N_DAYS)
    assert docs.span is not None
    random = np.random.default_rng([seed, 77])
    figures = tuple(
        Figure(symbol, int(panel.time[t]) - 1, name, float(random.normal()), f"P{t:03d}")
        for t in range(0, N_DAYS, 3)
        for symbol in panel.instruments
        for name in ("eps_diluted", "revenue")
    )
    return Inputs(panel, tuple(docs.as_of(docs.span[1])), figures, docs)


def altered(world: Inputs, t: int, seed: int) -> Inputs:
    """Everything known by d(t) as it was; prices, documents and figures after it permuted and changed."""
    random = np.random.default_rng([seed, t])
    now = world.clock.d(t)
    figures = _figures(world.figures, now, random)
    documents = _documents(world.documents, now, random)
    return Inputs(
        _prices(world.panel, now, random),
        documents,
        figures,
        DocumentStore(documents, entities=world.docs.entities),
    )


def with_canary(world: Inputs, t: int) -> Inputs:
    """A word nobody uses, in every source and in the figures, from the first moment after d(t) on."""
    after = world.clock.d(t) + 1
    headlines = tuple(
        make_document(
            Record(i, after + i, f"{CANARY} lifts {world.panel.instruments[i]}", CANARY, lang="en"), source, 0
        )
        for i, source in enumerate(world.docs.sources)
    )
    figures = tuple(Figure(symbol, after, CANARY, 1.0, "now") for symbol in world.panel.instruments)
    documents = (*world.documents, *headlines)
    return replace(
        world,
        documents=documents,
        figures=(*world.figures, *figures),
        docs=DocumentStore(documents, entities=world.docs.entities),
    )


def _prices(panel: Panel, now: int, random: np.random.Generator) -> Panel:
    """Bars after `now` in another order of companies, scaled anew every day."""
    late = panel.time > now
    order = random.permutation(panel.n_instruments)
    scale = np.exp(random.normal(0.0, 0.05, (panel.n_bars, 1)))
    columns = {
        name: np.where(late[:, None], panel[name][:, order] * scale, panel[name])
        for name in ("open", "high", "low", "close")
    }
    return panel.with_columns(**columns)


def _documents(
    documents: tuple[Document, ...], now: int, random: np.random.Generator
) -> tuple[Document, ...]:
    """Those after `now` say what another of them said, at its own time with more words; one in five is gone."""
    known = [one for one in documents if one.available_at <= now]
    late = [one for one in documents if one.available_at > now]
    order = random.permutation(len(late)).tolist()
    changed = [
        make_document(
            Record(i, one.published_at, late[j].title, f"{late[j].text} Note {i}.", lang="en"),
            one.source,
            one.available_at - one.published_at,
        )
        for i, (one, j) in enumerate(zip(late, order, strict=True))
        if i % 5
    ]
    return (*known, *changed)


def _figures(figures: tuple[Figure, ...], now: int, random: np.random.Generator) -> tuple[Figure, ...]:
    late = [one for one in figures if one.filed_at > now]
    order = random.permutation(len(late)).tolist()
    changed = [
        one._replace(value=-10.0 * late[j].value, symbol=late[j].symbol)
        for one, j in zip(late, order, strict=True)
    ]
    return (*(one for one in figures if one.filed_at <= now), *changed)
