"""Why an agent of a contest did what it did on one day, as the journal has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from quantrl.contest import journal
from quantrl.contest._plain import floats, number
from quantrl.contest.analysts_of import offline_desk
from quantrl.contest.frames import STORED
from quantrl.contest.llm.prices import PICO
from quantrl.contest.types import Rating
from quantrl.contest.world import World
from quantrl.contest.zi import score_ratings
from quantrl.errors import ConfigError
from quantrl.typing import JsonObject
from quantrl.units import iso_time

if TYPE_CHECKING:
    from quantrl.contest.contest_run import ContestRun

MOST = 12


def explain(run: ContestRun, agent: str | None, date: str) -> str:
    """What was known, said, judged and paid; see `ContestRun.explain`.

    Raises
    ------
    ConfigError
        No such agent or day.
    DataError
        A file of the run was altered.
    """
    world = World.of(run.config, run.panel, run.docs, offline_desk(run.config), run.fundamentals)
    t = world.calendar.day_at(date)
    place = t - world.calendar.first
    steps = len(journal.STEPS)
    lines = run.lines[place * steps : (place + 1) * steps]
    if len(lines) < steps:
        raise ConfigError(f"date: {date} has not been decided in this run")
    day = {line.step: journal.payload(run.folder, line) for line in lines}
    head = f"{date}, day {t}, decided at {iso_time(world.clock.d(t))}"
    if agent is None:
        return "\n".join([head, *_context(world, t, day), *_board(world, day)])
    if agent in world.roster.labels:
        return "\n".join([f"{agent} on {head}", *_entrant(world, t, day, agent), *_context(world, t, day)])
    if agent in world.roster.readers:
        return "\n".join([f"{agent} on {head}", *_reader(world, t, day, agent)])
    known = ", ".join([*world.roster.labels, *world.roster.readers])
    raise ConfigError(f"agent: expected one of {known}, got {agent!r}")


def _entrant(world: World, t: int, day: JsonObject, agent: str) -> Iterator[str]:
    i = world.roster.labels.index(agent)
    scored, allocated = day["RESEARCH_SCORED"], day["ALLOCATED"]
    u = number(scored["u"][i])
    state = (
        "warm" if scored["warm"][i] else "cold: too few days have matured, the median of the warm stands in"
    )
    yield f"  u {u:+.3f} ({state})" if np.isfinite(u) else f"  u undefined ({state})"
    shares = ", ".join(f"{name} {100 * number(allocated[name][i]):.1f} %" for name in STORED)
    yield f"  capital: {shares}; the book follows {allocated['engine']}"
    wanted = floats(day["DECIDED"]["wanted"][i])
    top = [n for n in np.argsort(-wanted, kind="stable").tolist() if wanted[n] > 0]
    listed = ", ".join(f"{world.symbols[n]} {100 * wanted[n]:.1f} %" for n in top[:MOST])
    more = f" and {len(top) - MOST} more" if len(top) > MOST else ""
    yield f"  wants: {listed or 'cash'}{more}"
    for at, message in day["SIGNALS"]["errors"]:
        if at == i:
            yield f"  failed: {message}"
    for at, clip in day["SIGNALS"]["clips"]:
        if at == i:
            yield f"  mandate {clip['limit']}: {clip['before']:.4f} became {clip['after']:.4f}"
    yield from _judges(day, agent)
    work = next((row for row in day["SIGNALS"]["works"] if row["agent"] == agent), None)
    if work is not None:
        yield from _signals(world, t, work)


def _judges(day: JsonObject, agent: str) -> Iterator[str]:
    rows = [row for row in day["JUDGED"]["rows"] if row["agent"] == agent]
    by_rubric: dict[str, list[float]] = {}
    for row in rows:
        by_rubric.setdefault(row["rubric"], []).append(row["score"])
    if by_rubric:
        means = ", ".join(f"{name} {np.mean(scores):.0f}" for name, scores in by_rubric.items())
        yield f"  judges ({len({row['judge'] for row in rows})}), mean of 0..100: {means}"


def _signals(world: World, t: int, work: JsonObject) -> Iterator[str]:
    if work["abstained"]:
        yield f"  abstained: {work['abstained']} {work['detail']}".rstrip()
    for step in work["steps"]:
        if "tool" in step:
            yield f"  looked up {step['tool']} {step.get('args', '')}"
    titles = {one["ref"]: one for one in work["cited"]}
    for signal in work["signals"]:
        yield f"  {signal['action']} {signal['symbol']}, p {signal['probability']} %"
        for one in signal["evidence"]:
            cited = titles.get(one["ref"], {})
            yield f"    because [{cited.get('kind', '?')} {one['ref']}: {cited.get('title', '')}] {one['claim']}"
        yield from (f"    against: {text}" for text in signal["limitations"])
    yield from (
        f"  rejected {signal.get('action')} {signal.get('symbol')}: {reason}"
        for signal, reason in work["rejected"]
    )
    yield f"  asked: {_spent(work['spent'])}"


def _reader(world: World, t: int, day: JsonObject, agent: str) -> Iterator[str]:
    i = world.roster.readers.index(agent)
    row, scored = day["FACTORS"]["factors"][i], day["DATA_SCORED"]
    u = number(scored["u"][i])
    chosen = i in day["CONTEXT"][day["CONTEXT"]["engine"]]["read"]
    yield f"  u {u:+.3f}, {row['tokens']} tokens, {'read' if chosen else 'not read'} today"
    yield f"  {row['documents']} documents, {len(row['kept'])} read; preference: {row['preference']['text'] or 'none'}"
    if row["abstained"]:
        yield f"  abstained: {row['abstained']}"
    ratings = [Rating(*one) for one in day["RATED"]["ratings"][i]]
    for place, line in enumerate(row["lines"]):
        rated = ", ".join(f"{one.symbol} {one.rating:+d}" for one in ratings if one.line == place)
        yield f"  {place + 1}. {line['text']} ({', '.join(line['refs'])}) {rated}".rstrip()
    if world.calendar.clock.matured_at(t) <= int(world.panel.time[world.calendar.last]):
        score = score_ratings(ratings, world.symbols, world.returns[t])
        yield f"  later: sum {score.paper_sum:+.2f}, implied return {100 * score.implied:+.2f} %"
    yield f"  asked: {_spent(row['spent'])}"


def _context(world: World, t: int, day: JsonObject) -> Iterator[str]:
    context = day["CONTEXT"]
    read = [world.roster.readers[i] for i in context[context["engine"]]["read"]]
    yield f"  factors read: {', '.join(read) or 'none'}; {len(day['DOCS']['ids'])} documents of the day"


def _board(world: World, day: JsonObject) -> Iterator[str]:
    utility = floats(day["RESEARCH_SCORED"]["utility"])
    shares = floats(day["ALLOCATED"][day["ALLOCATED"]["engine"]])
    for i in np.argsort(-np.nan_to_num(utility, nan=-np.inf), kind="stable").tolist():
        label = world.roster.labels[i]
        yield f"  {label}: u {utility[i]:+.3f}, capital {100 * shares[i]:.1f} %"


def _spent(spent: Any) -> str:
    tokens = f"{spent['input_tokens']} tokens in, {spent['output_tokens']} out"
    return f"{spent['calls']} calls, {tokens}, {spent['pico'] / PICO:.6f} USD"
