"""A day of the Data Team: every agent writes one factor, all of them in step (section 3.2 of arXiv 2508.00554)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from quantrl.contest.clock import Clock
from quantrl.contest.data_team.agent import DataAgent
from quantrl.contest.data_team.asking import put
from quantrl.contest.data_team.draft import Draft, at_work
from quantrl.contest.data_team.limits import DEFAULT, MAX_SYMBOLS, Limits
from quantrl.contest.data_team.merge import Merged, merge
from quantrl.contest.data_team.preference import Memory, Preference, read_preference, static
from quantrl.contest.data_team.reading import choose, summarise
from quantrl.contest.desk import Desk
from quantrl.contest.documents.suspicious import suspicious
from quantrl.contest.documents.view import DocView
from quantrl.contest.entities import Entities
from quantrl.contest.llm.spend import Spend
from quantrl.contest.types import Document, Factor, FactorLine
from quantrl.errors import ConfigError, LookAheadError
from quantrl.typing import JsonObject
from quantrl.units import iso_date, iso_time

NO_DOCUMENTS, NO_LINES = "no documents", "no lines"


@dataclass(frozen=True)
class FactorWork:
    """A factor and how it came about.

    Parameters
    ----------
    factor : Factor
        Without lines where the agent abstains.
    date : str
        ISO date of d(t), under which everything about this factor is asked.
    preference : Preference
    documents : int
        There were of the agent's sources.
    kept : tuple of str
        Ids of those that were read, oldest first.
    hints : tuple of tuple of str
        For each line the symbols it names, else those its documents are about; at most 3, all allowed.
    dropped : int
        Lines without a text or without a known id.
    cut : int
        Lines past the limit of a summary or of the factor.
    unread : int
        Documents of which not even the title had room.
    flagged : dict of str to tuple of str
        Ids of documents read that hold phrases meant for a machine, with the kinds of phrase; they are kept.
    fallback : int
        Questions the rules answered because a model's replies could not be used.
    abstained : str or None
        ``no documents``, ``no lines``, ``budget`` or ``error``.
    spent : Spend
    """

    factor: Factor
    date: str
    preference: Preference
    documents: int
    kept: tuple[str, ...]
    hints: tuple[tuple[str, ...], ...]
    dropped: int
    cut: int
    unread: int
    flagged: Mapping[str, tuple[str, ...]]
    fallback: int
    abstained: str | None
    spent: Spend


def write_factors(
    agents: Sequence[DataAgent],
    t: int,
    clock: Clock,
    documents: DocView,
    entities: Entities,
    desk: Desk,
    limits: Limits = DEFAULT,
    memory: Mapping[str, Any] | None = None,
) -> tuple[list[FactorWork], JsonObject]:
    """The factors of day t, in the order of `agents`, and the memory for the next day.

    Parameters
    ----------
    agents : sequence of DataAgent
    t : int
    clock : Clock
    documents : DocView
        As of d(t).
    entities : Entities
        The symbols that may be named.
    desk : Desk
    limits : Limits
    memory : mapping, optional
        As this gave it the day before: plain JSON.

    Raises
    ------
    LookAheadError
        `documents` holds some of after d(t).
    ConfigError
        Two agents of one id.
    LLMError, BudgetExceeded, ReplayMiss
        As `Desk.ask` does; nothing is remembered then.
    """
    if documents.now > clock.d(t):
        raise LookAheadError(
            f"factors of day {t}: documents of {iso_time(documents.now)} are shown, allowed is {iso_time(clock.d(t))}"
        )
    if len({agent.id for agent in agents}) < len(agents):
        raise ConfigError(f"data agents: expected ids of their own, got {[agent.id for agent in agents]}")
    day = iso_date(clock.d(t))
    known = Memory(memory or {}, t)
    after, _ = clock.window(t)
    window = documents.window(after)
    drafts = [Draft(agent, _of(agent, window), preference=static(agent)) for agent in agents]
    for draft in drafts:
        if not draft.documents:
            draft.tally.abstained = NO_DOCUMENTS
    _learn(drafts, known, desk, day)
    choose(drafts, desk, day, limits)
    summarise(drafts, desk, day, limits)
    merged = merge(drafts, desk, day, limits)
    by_id = {document.id: document for document in window}
    works = [_work(draft, made, t, day, by_id, entities) for draft, made in zip(drafts, merged, strict=True)]
    return works, known.state


def _of(agent: DataAgent, window: Sequence[Document]) -> Sequence[Document]:
    return [document for document in window if not agent.sources or document.source in agent.sources]


def _learn(drafts: Sequence[Draft], memory: Memory, desk: Desk, day: str) -> None:
    """Every agent that learns its preference writes that of today."""
    asked = [
        (draft, memory.question(draft.agent, draft.documents))
        for draft in at_work(drafts)
        if draft.agent.preference == "learned"
    ]
    answers = put(desk, day, [(draft.tally, question) for draft, question in asked])
    for (draft, _), answer in zip(asked, answers, strict=True):
        if answer is not None:
            draft.preference = read_preference(answer)


def _work(
    draft: Draft, made: Merged, t: int, day: str, by_id: Mapping[str, Document], entities: Entities
) -> FactorWork:
    lines, length = made
    read = [by_id[ref] for ref in draft.kept]
    flags = {d.id: kinds for d in read if (kinds := suspicious(f"{d.title}\n{d.text}"))}
    return FactorWork(
        factor=Factor(draft.agent.id, t, tuple(lines), length),
        date=day,
        preference=draft.preference,
        documents=len(draft.documents),
        kept=draft.kept,
        hints=tuple(_hint(line, by_id, entities) for line in lines),
        dropped=draft.dropped,
        cut=draft.cut,
        unread=draft.unread,
        flagged=flags,
        fallback=draft.tally.fallback,
        abstained=draft.tally.abstained or (None if lines else NO_LINES),
        spent=draft.tally.spent,
    )


def _hint(line: FactorLine, by_id: Mapping[str, Document], entities: Entities) -> tuple[str, ...]:
    named = entities.find(line.text)
    about = named or dict.fromkeys(s for ref in line.refs for s in by_id[ref].symbols if s in entities)
    return tuple(about)[:MAX_SYMBOLS]
