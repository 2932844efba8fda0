"""The rules read the planted world: the ratings its headlines were written for, and nothing of tomorrow."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contest.data_team.desks import rules_desk
from counts import FULL
from quantrl.contest.clock import Clock
from quantrl.contest.data_team.agent import DataAgent
from quantrl.contest.data_team.factor import FactorWork, write_factors
from quantrl.contest.data_team.rate import RateWork, rate
from quantrl.contest.desk import Desk
from quantrl.contest.documents.store import DocumentStore
from quantrl.contest.sources.planted import BUDGET_TOKENS, SOURCES, PlantedWorld, planted_world
from quantrl.contest.types import Rating
from quantrl.typing import JsonObject

DAYS = 60
AGENTS = [DataAgent(source.name, (source.name,)) for source in SOURCES]


def day_of(
    world: PlantedWorld, docs: DocumentStore, t: int, desk: Desk, memory: JsonObject | None
) -> tuple[list[FactorWork], list[RateWork], JsonObject]:
    clock = Clock.of_panel(world.panel)
    assert world.docs.entities is not None
    entities = world.docs.entities
    works, memory = write_factors(AGENTS, t, clock, docs.as_of(clock.d(t)), entities, desk, memory=memory)
    return works, rate(works, entities, desk), memory


@pytest.mark.parametrize("seed", range(12 if FULL else 2))
def test_planted_ratings_are_recovered(seed: int) -> None:
    days = 320 if FULL else DAYS
    world = planted_world(seed, n_days=days + 2)
    desk = rules_desk()[0]
    right = total = 0
    lengths: list[int] = []
    memory = None
    for t in range(days):
        works, rated, memory = day_of(world, world.docs, t, desk, memory)
        for work, given in zip(works, rated, strict=True):
            by_line: dict[int, list[Rating]] = {}
            for rating in given.ratings:
                by_line.setdefault(rating.line, []).append(rating)
            for i, line in enumerate(work.factor.lines):
                (ref,) = line.refs
                found = by_line.get(i, [])
                right += bool(found) and all(r.rating == world.ratings[ref] for r in found)
            total += len(work.kept)
            lengths.append(work.factor.tokens)
    assert right / total >= 0.95
    assert 2 <= BUDGET_TOKENS / (sum(lengths) / len(lengths)) <= 3.5  # L* has room for two or three factors


def test_a_token_of_tomorrow_is_in_no_request_of_today_and_changes_none() -> None:
    world = planted_world(3, n_days=8)
    clock = Clock.of_panel(world.panel)
    documents = list(world.docs.as_of(2**62))
    cut = clock.d(4)
    canary = [
        d if d.available_at <= cut else replace(d, title=f"zzcanary {d.title}", text=f"{d.text} zzcanary")
        for d in documents
    ]
    marked = DocumentStore(canary, entities=world.docs.entities)
    asked = []
    for docs in (world.docs, marked):
        (desk, put), memory = rules_desk(), None
        for t in range(5):
            *_, memory = day_of(world, docs, t, desk, memory)
        asked.append(list(put))
    assert asked[0] == asked[1]
    assert not any("zzcanary" in repr(request) for request in asked[1])
    day_of(world, marked, 5, desk, memory)
    assert any("zzcanary" in repr(request) for request in put)
